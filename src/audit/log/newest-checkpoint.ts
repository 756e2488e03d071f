import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '../../transparency-log/checkpoint.js';
import { NoteError, type VerifierKey } from '../../transparency-log/signed-note.js';
import { readNotes } from '../read/checkpoint-file.js';

const CHECKPOINTS_NAME = /^\d{12}\.checkpoints$/;

/**
 * The newest checkpoint in the folder of a log that its own key has signed, whether or not the segment
 * beside it is there. A note that a crash has left in the middle is cut off.
 *
 * @returns undefined where there is none
 */
export async function newestCheckpoint(
  directory: string,
  key: VerifierKey,
): Promise<Checkpoint | undefined> {
  const names = (await readdir(directory)).filter((name) => CHECKPOINTS_NAME.test(name));
  for (const name of names.sort().reverse()) {
    const path = join(directory, name);
    const notes = await notesOf(path);
    await truncate(path, Buffer.byteLength(notes.join('')));
    for (const note of [...notes].reverse()) {
      const checkpoint = opened(note, key);
      if (checkpoint !== undefined) return checkpoint;
    }
  }
  return undefined;
}

/** A file that holds anything else has no note of ours; verification tells what is wrong with it. */
async function notesOf(path: string): Promise<readonly string[]> {
  try {
    return await readNotes(path);
  } catch (error) {
    if (error instanceof NoteError) return [];
    throw error;
  }
}

function opened(note: string, key: VerifierKey): Checkpoint | undefined {
  try {
    return openCheckpoint(note, key);
  } catch (error) {
    if (error instanceof NoteError) return undefined;
    throw error;
  }
}
