import { readFile } from 'node:fs/promises';
import { isErrno } from '../../shared/errno.js';
import { splitNotes } from '../../transparency-log/checkpoint.js';

/**
 * Reads a file of checkpoints; one that is not there holds none. A note at the end that was cut is
 * left out: the process ended while it was being written.
 *
 * @returns the signed notes, nothing of which is believed yet
 * @throws NoteError for a file that is none, or the file system's error
 */
export async function readNotes(path: string): Promise<readonly string[]> {
  return splitNotes(withoutTornNote(await readIfThere(path)));
}

/** The last signature line that is whole ends the text that counts. */
function withoutTornNote(text: string): string {
  const start = text.lastIndexOf('\n\u2014 ');
  if (start < 0) return '';
  const end = text.indexOf('\n', start + 1);
  return end < 0 ? withoutTornNote(text.slice(0, start)) : text.slice(0, end + 1);
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}
