import { isErrno } from '../../shared/errno.js';
import { fileBytes } from './file-bytes.js';
import { splitLines } from './lines.js';
import { NoteSplitter } from './note-splitter.js';
import { openRegularFile } from './open-file.js';
import { wholeLines } from './whole-lines.js';

const SIZE = /^[^\n]+\n(?<size>\d{1,15})\n/;

/** The size that a checkpoint says, which is not verified here; NaN where it says none. */
export function sizeOfNote(note: string): number {
  return Number(SIZE.exec(note)?.groups?.['size']);
}

/**
 * Reads a file of checkpoints; one that is not there holds none. A note at the end that was cut is
 * left out: the process ended while it was being written.
 *
 * @returns the signed notes, nothing of which is believed yet
 * @throws NoteError or UnreadableError for a file that is none, or the file system's error
 */
export async function readNotes(path: string): Promise<readonly string[]> {
  const notes: string[] = [];
  await eachNote(path, (note) => notes.push(note));
  return notes;
}

/**
 * Reads a file of checkpoints note by note, as `readNotes` does.
 *
 * @param visit is called with each note
 * @returns what stands behind the last whole note
 * @throws as `readNotes`, after the notes before the damage
 */
export async function eachNote(path: string, visit: (note: string) => void): Promise<string> {
  const splitter = new NoteSplitter();
  let torn = '';
  const visitIfNote = (note: string | undefined) => {
    if (note !== undefined) visit(note);
  };
  for await (const batch of batchesOf(path)) {
    for (const line of splitLines(batch.text).lines) visitIfNote(splitter.push(line.toString()));
    torn = batch.torn?.toString() ?? '';
  }
  visitIfNote(splitter.end());
  return splitter.rest + torn;
}

async function* batchesOf(path: string) {
  const handle = await openIfThere(path);
  if (handle === undefined) return;
  try {
    yield* wholeLines(path, fileBytes(handle));
  } finally {
    await handle.close();
  }
}

async function openIfThere(path: string) {
  try {
    return await openRegularFile(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
