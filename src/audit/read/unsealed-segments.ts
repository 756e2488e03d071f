import { NoteError } from '../../transparency-log/signed-note.js';
import { eachNote, sizeOfNote } from './checkpoint-file.js';
import { checkpointsPath, type Segment } from './segments.js';
import { isUnreadable } from './unreadable.js';

/** A closed segment without a checkpoint over its end. */
export interface UnsealedSegment {
  readonly path: string;
  /** Sequence of its last record. */
  readonly last: number;
}

/**
 * Finds the closed segments of a log beside which no checkpoint is about their end, for whoever
 * reads a log without its key: a server signs whenever it closes a segment. Verification says the
 * same of checkpoints that are genuine. Of a copy without any checkpoints nothing is said.
 *
 * @param segments all that the log has, in their order
 */
export async function unsealedSegments(
  directory: string,
  segments: readonly Segment[],
): Promise<readonly UnsealedSegment[]> {
  const sizes = new Set<number>();
  for (const { first } of segments) await addSizes(checkpointsPath(directory, first), sizes);
  if (sizes.size === 0) return [];
  return segments.flatMap(({ path }, index) => {
    const next = segments[index + 1];
    if (next === undefined || sizes.has(next.first)) return [];
    return [{ path, last: next.first - 1 }];
  });
}

/** Adds the sizes of checkpoints in a file. One that cannot be read holds none. */
async function addSizes(path: string, sizes: Set<number>): Promise<void> {
  try {
    await eachNote(path, (note) => sizes.add(sizeOfNote(note)));
  } catch (error) {
    if (!(error instanceof NoteError) && !isUnreadable(error)) throw error;
  }
}
