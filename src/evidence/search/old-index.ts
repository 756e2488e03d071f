import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../shared/errno.js';

const FILE_NAME = /^\d{12}\.index$/;

/**
 * Finds the folder of the index that an earlier version made beside a log. Nothing in it is used.
 *
 * @returns undefined where there is none, or where something else is in the folder
 */
export async function oldIndexOf(log: string): Promise<string | undefined> {
  const folder = join(log, 'index');
  try {
    const names = await readdir(folder);
    return names.length > 0 && names.every((name) => FILE_NAME.test(name)) ? folder : undefined;
  } catch (error) {
    // It is no matter of the search.
    if (errnoOf(error) !== undefined) return undefined;
    throw error;
  }
}
