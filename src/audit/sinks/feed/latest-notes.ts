import { isErrno } from '../../../shared/errno.js';
import { splitNotes } from '../../../transparency-log/checkpoint.js';
import { NoteError } from '../../../transparency-log/signed-note.js';
import { sizeOfNote } from '../../read/checkpoint-file.js';
import { openRegularFile } from '../../read/open-file.js';
import { checkpointsPath, listSegments } from '../../read/segments.js';

/** Of one file, from its end: some 250 checkpoints. The last one covers all before it. */
const MAX_BYTES = 64 * 1024;
const SIGNATURE_LINE = /\n\u2014 [^\n]*(?=\n)/gu;

/** A signed note, and the size of the log that it is about. */
export interface SizedNote {
  readonly note: string;
  readonly size: number;
}

/**
 * Checkpoints out of the first file that has some of the sizes asked for.
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
  const segments = await listSegments(directory);
  for (const [index, { first }] of segments.entries()) {
    const end = segments[index + 1]?.first ?? Number.POSITIVE_INFINITY;
    if (first >= upTo || end <= after) continue;
    const notes = notesIn(await wholeNotesAtEnd(checkpointsPath(directory, first)));
    const wanted = notes.filter(({ size }) => size > after && size <= upTo);
    if (wanted.length > 0) return wanted;
  }
  return [];
}

/**
 * The size of the newest checkpoint.
 *
 * @param upTo larger ones are left out
 * @returns 0 where there is none
 * @throws the file system's error
 */
export async function newestNoteSize(directory: string, upTo: number): Promise<number> {
  const segments = await listSegments(directory);
  for (const { first } of segments.toReversed()) {
    const notes = notesIn(await wholeNotesAtEnd(checkpointsPath(directory, first)));
    const newest = notes.findLast(({ size }) => size <= upTo);
    if (newest !== undefined) return newest.size;
  }
  return 0;
}

/** Of a file that holds something else the rest is looked at by whoever verifies the log. */
function notesIn(text: string): readonly SizedNote[] {
  try {
    return splitNotes(text).map((note) => ({ note, size: sizeOfNote(note) }));
  } catch (error) {
    if (error instanceof NoteError) return [];
    throw error;
  }
}

/** Without a note at the beginning that was cut, and without one at the end that is being written. */
async function wholeNotesAtEnd(path: string): Promise<string> {
  const { text, isCut } = await readEnd(path);
  const ends = [...text.matchAll(SIGNATURE_LINE)].map((line) => line.index + line[0].length + 1);
  return text.slice(isCut ? ends[0] : 0, ends.at(-1) ?? 0);
}

async function readEnd(path: string): Promise<{ readonly text: string; readonly isCut: boolean }> {
  try {
    const file = await openRegularFile(path);
    try {
      const { size } = await file.stat();
      const position = Math.max(0, size - MAX_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - position), { position });
      return { text: buffer.toString('utf8', 0, bytesRead), isCut: position > 0 };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { text: '', isCut: false };
    throw error;
  }
}
