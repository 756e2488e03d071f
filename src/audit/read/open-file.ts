import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isErrno } from '../../shared/errno.js';
import { UnreadableError } from './unreadable.js';

/**
 * Opens a regular file for reading. Whoever can write to the folder of a log can put anything
 * there: a pipe that nobody writes to would be waited for, and a device never ends.
 *
 * @throws UnreadableError for anything but a regular file, or the file system's error
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
  const handle = await open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY).catch((error: unknown) => {
    throw isErrno(error, 'ENXIO') ? new UnreadableError(path, 'is no file but a socket') : error;
  });
  const status = await handle.stat();
  if (status.isFile()) return handle;
  await handle.close();
  throw new UnreadableError(path, `is no file but ${kindOf(status)}`);
}

function kindOf(status: Stats): string {
  if (status.isDirectory()) return 'a folder';
  return status.isFIFO() ? 'a pipe' : 'a device';
}
