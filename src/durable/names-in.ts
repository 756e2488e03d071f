import { readdir } from 'node:fs/promises';
import { isErrno } from '../shared/errno.js';

/**
 * Lists the names in a folder; none where there is no folder.
 *
 * @throws the file system's error
 */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
