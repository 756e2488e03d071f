import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { blockedFolder, modeAndOwner } from '../../shared/blocked-folder.js';
import { errnoOf, isErrno } from '../../shared/errno.js';

const GROUP_AND_OTHERS = 0o077;
const WRITABLE_BY_ALL = 0o002;

/** The result of reading a file: its text, or the reason, which completes "found: …". */
export type TextFileReading =
  | {
      readonly text: string;
      /** A warning that other users can reach the file, with the command that stops it. */
      readonly openToOthers?: string;
      /** A warning that every user can change the file, with the command that stops it. */
      readonly changeable?: string;
    }
  | { readonly found: string };

/**
 * Reads a file that the configuration names.
 *
 * @param path absolute
 * @param maxBytes a larger file is not read
 */
export function readTextFile(path: string, maxBytes: number): TextFileReading {
  try {
    const { stats, bytes } = readRegularFile(path, maxBytes);
    if (bytes === undefined) return refuse(path, 'which is no regular file of this size');
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if ((stats.mode & GROUP_AND_OTHERS) === 0) return { text };
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    const openToOthers = `${path} is open to other users (mode ${mode}); run: chmod 600 '${path}'`;
    return { text, openToOthers, ...changeableBy(path, stats) };
  } catch (error) {
    return refuse(path, describeFileError(path, error));
  }
}

/** @returns nothing for a file that is not every user's to change */
export function changeableBy(path: string, { mode }: Stats): { readonly changeable?: string } {
  if ((mode & WRITABLE_BY_ALL) === 0) return {};
  const text = (mode & 0o7777).toString(8).padStart(4, '0');
  return { changeable: `every user can change ${path} (mode ${text}); run: chmod o-w '${path}'` };
}

/** Opens first and looks afterwards, so that what was looked at is what is read. */
function readRegularFile(path: string, maxBytes: number): { stats: Stats; bytes?: Buffer } {
  // Without O_NONBLOCK a named pipe would hold the start until somebody writes to it.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    return stats.isFile() && stats.size <= maxBytes
      ? { stats, bytes: readFileSync(file) }
      : { stats };
  } finally {
    closeSync(file);
  }
}

function refuse(path: string, found: string): TextFileReading {
  return { found: `the file ${path}, ${found}` };
}

/** Completes "the file PATH, …" for what the system says of it. */
export function describeFileError(path: string, error: unknown): string {
  if (error instanceof TypeError) return 'which is not UTF-8';
  if (isErrno(error, 'ENOENT')) return 'which does not exist';
  if (isErrno(error, 'EACCES')) return `which this user may not read: ${describeBlockedPath(path)}`;
  return `which cannot be read (${errnoOf(error) ?? String(error)})`;
}

function describeBlockedPath(path: string): string {
  const folder = blockedFolder(path);
  return folder === undefined
    ? modeAndOwner(path)
    : `the folder ${folder} may not be entered (${modeAndOwner(folder)})`;
}
