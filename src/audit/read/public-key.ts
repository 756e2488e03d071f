import { firstLine } from './first-line.js';
import { readSegmentStart, type SegmentStart } from './segment-replay.js';
import { listSegments, type Segment } from './segments.js';

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
 * @returns undefined where there is no log
 */
export async function publicKeyOf(directory: string): Promise<string | undefined> {
  const last = (await listSegments(directory)).at(-1);
  const start = last && (await startOf(last));
  return start?.record.publicKey;
}
