import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ifThere } from '../shared/errno.js';
import { type AtomicWrite, syncFolder } from './atomic-write.js';

/** The type of {@link removeFile}, for parts that are handed such a function. */
export type FileRemoval = (path: string) => Promise<void>;

/**
 * Replaces a file as `write` does, and overwrites what was in it with zeros, if nothing else names
 * that. A journal, a snapshot and the cells of an SSD may keep it all the same.
 *
 * @throws the file system's error; the new contents may be there then
 */
export async function replaceAndOverwrite(
  path: string,
  contents: string,
  write: AtomicWrite,
): Promise<void> {
  const old = await ifThere(open(path, 'r+'));
  try {
    await write(path, contents);
    if (old !== undefined) await overwriteUnnamed(old);
  } finally {
    await old?.close();
  }
}

/** Removes a file so that it stays away after a power cut. @throws the file system's error */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

/** A backup may be a link to the same file; then it is not this process's to overwrite. */
async function overwriteUnnamed(file: FileHandle): Promise<void> {
  const { nlink, size } = await file.stat();
  if (nlink > 0 || size === 0) return;
  await file.write(Buffer.alloc(size), 0, size, 0);
  await file.sync();
}
