import type { FileHandle } from 'node:fs/promises';
import { isErrno } from '../../shared/errno.js';
import { openRegularFile } from './open-file.js';
import type { Segment } from './segments.js';

/** The file of a segment, open for reading. */
export interface OpenSegment extends Pick<Segment, 'path' | 'compressed'> {
  readonly handle: FileHandle;
}

/**
 * Opens the file of a segment. One that was not compressed when the folder was listed may have been
 * since: the server does that while others read, and puts the compressed file in place first.
 *
 * @throws UnreadableError for anything but a regular file, or the file system's error
 */
export async function openSegment(
  segment: Pick<Segment, 'path' | 'compressed'>,
): Promise<OpenSegment> {
  const { path, compressed } = segment;
  try {
    return { path, compressed, handle: await openRegularFile(path) };
  } catch (error) {
    if (compressed || !isErrno(error, 'ENOENT')) throw error;
    return openSegment({ path: `${path}.gz`, compressed: true });
  }
}
