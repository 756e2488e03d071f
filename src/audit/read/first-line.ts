import { lineBatches } from './lines.js';
import type { Segment } from './segments.js';

/**
 * The first line of a segment, without its line feed.
 *
 * @returns undefined for a segment without a whole line
 * @throws the file system's error, or zlib's for a damaged compressed segment
 */
export async function firstLine(segment: Segment): Promise<Buffer | undefined> {
  for await (const { lines } of lineBatches(segment)) {
    if (lines[0] !== undefined) return lines[0];
  }
  return undefined;
}
