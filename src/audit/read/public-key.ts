import { stat } from 'node:fs/promises';
import { firstLine } from './first-line.js';
import { readSegmentStart, type SegmentStart } from './segment-replay.js';
import { type Segment, segmentsOfLog } from './segments.js';
import { UnreadableError } from './unreadable.js';

/**
 * What a segment says of itself.
 *
 * @returns undefined for one without a whole first record, or whose first record says nothing
 */
export async function startOf(segment: Segment): Promise<SegmentStart | undefined> {
  const line = await firstLine(segment);
  return line && readSegmentStart(line);
}

/**
 * The verifier key that a log names: its latest, for looking up and not for trusting.
 *
 * @throws NoLogError, UnreadableError where its last segment has no beginning, or the file system's
 *   error
 */
export async function publicKeyOf(directory: string): Promise<string> {
  const segments = await segmentsOfLog(directory);
  for (const segment of segments.toReversed()) {
    const start = await startOf(segment);
    if (start !== undefined) return start.record.publicKey;
    // One that was made a moment ago has no record yet.
    if (!(await isEmpty(segment))) break;
  }
  throw new UnreadableError(segments.at(-1)?.path ?? directory, 'does not begin a segment');
}

async function isEmpty({ path }: Segment): Promise<boolean> {
  return (await stat(path)).size === 0;
}
