import { lineBatches } from './lines.js';
import { readSegmentStart, type SegmentStart } from './segment-replay.js';
import { listSegments, type Segment } from './segments.js';

/**
 * What a segment says of itself.
 *
 * @returns undefined for one without a whole first record, or whose first record says nothing
 */
export async function startOf(segment: Segment): Promise<SegmentStart | undefined> {
  for await (const { lines } of lineBatches(segment)) {
    const [line] = lines;
    if (line !== undefined) return readSegmentStart(line);
  }
  return undefined;
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
