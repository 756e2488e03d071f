import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The first folder on the way to a path that this process's user may not enter, for the sentence
 * that says why a file cannot be reached.
 *
 * @param path absolute
 * @returns undefined where every folder may be entered
 */
export function blockedFolder(path: string): string | undefined {
  return foldersAbove(path).find((folder) => !mayEnter(folder));
}

/** Mode and owner of what is there, for the same sentence: `mode 0700, owner 0:0`. */
export function modeAndOwner(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'not there';
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  return `mode ${mode}, owner ${stats.uid}:${stats.gid}`;
}

/** Lists the folders above a path, from the root on. */
function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [...foldersAbove(above), above];
}

function mayEnter(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
