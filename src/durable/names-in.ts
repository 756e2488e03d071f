import { readdir } from 'node:fs/promises';
import { ifThere } from '../shared/errno.js';

/**
 * Lists the names in a folder; none where there is no folder.
 *
 * @throws the file system's error
 */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return (await ifThere(readdir(folder))) ?? [];
}
