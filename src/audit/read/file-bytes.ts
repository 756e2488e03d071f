import type { FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { errnoOf } from '../../shared/errno.js';
import type { OpenSegment } from './open-segment.js';
import { UnreadableError } from './unreadable.js';

const CHUNK_BYTES = 1024 * 1024;

/** The bytes of a file as far as it reaches now, at most a megabyte at a time. */
export async function* fileBytes(handle: FileHandle): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; ; ) {
    const memory = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    const { bytesRead } = await handle.read(memory, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield memory.subarray(0, bytesRead);
  }
}

/**
 * The bytes of a segment, uncompressed, at most a megabyte at a time. The file stays open.
 *
 * @throws UnreadableError for a compressed segment that is damaged, or goes on after what is
 *   compressed: Node would pass over that, and other programs would not; the file system's error
 */
export async function* segmentBytes(segment: OpenSegment): AsyncGenerator<Buffer, void, undefined> {
  const { path, compressed, handle } = segment;
  if (!compressed) {
    yield* fileBytes(handle);
    return;
  }
  const { size } = await handle.stat();
  const unzipped = createGunzip({ chunkSize: CHUNK_BYTES });
  // A failure of either ends both, and reaches whoever reads.
  pipeline(Readable.from(fileBytes(handle)), unzipped, () => undefined);
  try {
    yield* unzipped as AsyncIterable<Buffer>;
  } catch (cause) {
    if (!(cause instanceof Error) || errnoOf(cause) !== undefined) throw cause;
    throw new UnreadableError(path, `cannot be uncompressed to its end: ${cause.message}`, {
      cause,
    });
  }
  const rest = size - unzipped.bytesWritten;
  if (rest === 0 && size > 0) return;
  const what = size === 0 ? 'is empty' : `has ${String(rest)} bytes after what is compressed`;
  throw new UnreadableError(path, what);
}
