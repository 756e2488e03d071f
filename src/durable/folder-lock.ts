import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';
import { ifThere } from '../shared/errno.js';
import { assertPrivateFolder } from './private.js';

const LOCK_FILE = '.lock';

/** Another process works in the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';

  constructor(folder: string) {
    super(
      `${folder} is in use by another process, which holds the lock on ${join(folder, LOCK_FILE)}. ` +
        'Stop that process first, or give this one a folder of its own.',
    );
  }
}

/** A folder that this process has for itself. */
export interface FolderLock {
  /** Lets the next process in. The lock file stays: removing it would let two in at once. */
  release(): Promise<void>;
}

/**
 * Takes a folder for this process alone. The kernel holds the lock and drops it when the process
 * ends, so a crash leaves nothing to clean up, and a process id used again cannot mislead.
 *
 * @throws FolderInUseError when it is taken, by another process or by this one
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  return lockWith(await open(join(folder, LOCK_FILE), 'a', 0o600), folder);
}

/**
 * Takes a folder for this process while it looks around there and changes nothing. Where there is
 * no lock file nobody is at work, and none is made.
 *
 * @throws FolderInUseError when it is taken, by another process or by this one
 */
export async function lockFolderToRead(folder: string): Promise<FolderLock> {
  const handle = await ifThere(open(join(folder, LOCK_FILE), 'r+'));
  return handle === undefined ? { release: () => Promise.resolve() } : lockWith(handle, folder);
}

/**
 * Takes a private folder and does what has to be done before it is of use to anybody; lets go of
 * it where that fails.
 *
 * @throws NotPrivateError, FolderInUseError, or what the work throws
 */
export async function lockFolderAnd(
  work: (folder: string) => Promise<void>,
  folder: string,
  takeLock = lockFolder,
): Promise<FolderLock> {
  await assertPrivateFolder(folder);
  const lock = await takeLock(folder);
  try {
    await work(folder);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function lockWith(handle: FileHandle, folder: string): Promise<FolderLock> {
  if (!(await lockOrClose(handle))) throw new FolderInUseError(folder);
  return { release: () => handle.close() };
}

async function lockOrClose(handle: FileHandle): Promise<boolean> {
  let locked = false;
  try {
    locked = tryLock(handle.fd);
  } finally {
    if (!locked) await handle.close();
  }
  return locked;
}
