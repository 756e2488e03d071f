import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const TEMPORARY_SUFFIX = '.tmp';

/** The type of {@link writeFileAtomically}, for parts that are handed such a function. */
export type AtomicWrite = (path: string, contents: string) => Promise<void>;

/**
 * Writes a file so that a crash at any moment leaves the old contents or the new, never a part:
 * temporary file in the same folder, fsync, rename, fsync of the folder. When it resolves, the
 * new contents outlive a power cut. The file's mode is 0600.
 *
 * When it rejects, the old contents are still there, except where only the last fsync failed:
 * then the new ones are, and may not survive a power cut.
 *
 * @throws the file system's error (ENOSPC, EROFS, ENOENT …)
 */
export async function writeFileAtomically(
  path: string,
  contents: string | Uint8Array,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}${TEMPORARY_SUFFIX}`;
  try {
    await writeAndSync(temporary, contents);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {
      // The first failure is the one to tell of; the next start removes what is left.
    });
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Makes the names in a folder (a new file, a rename, a new subfolder) outlive a power cut.
 *
 * @see fsync(2): "Calling fsync() does not necessarily ensure that the entry in the directory
 * containing the file has also reached disk."
 */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Removes the temporary files that a crash between write and rename left behind. Only for a
 * folder whose lock is held: elsewhere a write may be under way.
 */
export async function removeTemporaryFiles(folder: string): Promise<void> {
  const names = await readdir(folder);
  const left = names.filter((name) => name.endsWith(TEMPORARY_SUFFIX));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
}

async function writeAndSync(path: string, contents: string | Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(contents);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
