import { lineBatches } from './lines.js';
import type { Segment } from './segments.js';

/**
 * The first line of a segment, without its line feed.
 *
 * @returns undefined for a segment without a whole line
 * @throws UnreadableError for what is no segment, or the file system's error
 */
export async function firstLine(segment: Segment): Promise<Buffer | undefined> {
  for await (const { lines } of lineBatches(segment)) {
    if (lines[0] !== undefined) return lines[0];
  }
  return undefined;
}
