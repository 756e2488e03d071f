import { basename } from 'node:path';
import { NoteError } from '../../../transparency-log/signed-note.js';
import { LogFolder } from '../../read/log-folder.js';
import { sizeOfNote } from '../../read/notes.js';
import { checkpointsPath } from '../../read/segments.js';

/** Of one file, the last ones. The very last covers all before it. */
const MAX_NOTES = 250;

/** A signed note, and the size of the log that it is about. */
export interface SizedNote {
  readonly note: string;
  readonly size: number;
}

/**
 * Reads checkpoints from the first file that has some of the sizes asked for.
 *
 * @param after checkpoints of this size and smaller ones are left out
 * @param upTo larger ones are left out
 * @returns in their order; none where nothing is there
 * @throws the file system's error
 */
export async function latestNotes(
  directory: string,
  after: number,
  upTo: number,
): Promise<readonly SizedNote[]> {
  const folder = await LogFolder.list(directory);
  for (const [index, { first }] of folder.segments.entries()) {
    const end = folder.segments[index + 1]?.first ?? Number.POSITIVE_INFINITY;
    if (first >= upTo || end <= after) continue;
    const notes = await lastNotes(folder, first);
    const wanted = notes.filter(({ size }) => size > after && size <= upTo);
    if (wanted.length > 0) return wanted;
  }
  return [];
}

/**
 * Reads the size of the newest checkpoint.
 *
 * @param upTo larger ones are left out
 * @returns 0 where there is none
 * @throws the file system's error
 */
export async function newestNoteSize(directory: string, upTo: number): Promise<number> {
  const folder = await LogFolder.list(directory);
  for (const { first } of folder.segments.toReversed()) {
    const newest = (await lastNotes(folder, first)).findLast(({ size }) => size <= upTo);
    if (newest !== undefined) return newest.size;
  }
  return 0;
}

/** A file that holds something else has none: the rest is for whoever verifies the log. */
async function lastNotes(folder: LogFolder, first: number): Promise<readonly SizedNote[]> {
  const notes: SizedNote[] = [];
  try {
    const file = basename(checkpointsPath(folder.directory, first));
    await folder.notes(file, (note) => {
      if (notes.length >= MAX_NOTES) notes.shift();
      notes.push({ note, size: sizeOfNote(note) });
    });
    return notes;
  } catch (error) {
    if (error instanceof NoteError) return [];
    throw error;
  }
}
