import type { LogFolder } from '../../audit/read/log-folder.js';
import type { Segment } from '../../audit/read/segments.js';
import { isUnreadable } from '../../audit/read/unreadable.js';
import { type Filter, timeOf } from './filter.js';

/** Records wait a moment between their time and their place in the log. */
const MARGIN_MS = 60_000;
/** Heads that are read at once. */
const AT_ONCE = 2;

/**
 * Finds the segments that can hold records of a period where the clock was right: those that do not
 * begin and end outside of it, by their first records. One whose beginning or end is not known is
 * among them, and so is one that begins later than it ends.
 */
export async function segmentsInPeriod(
  folder: LogFolder,
  { fromMs = -Infinity, toMs = Infinity }: Filter,
): Promise<readonly Segment[]> {
  const { segments } = folder;
  if (fromMs === -Infinity && toMs === Infinity) return segments;
  const begins: number[] = [];
  for (let at = 0; at < segments.length; at += AT_ONCE) {
    const some = segments.slice(at, at + AT_ONCE);
    begins.push(...(await Promise.all(some.map((segment) => beginOf(folder, segment)))));
  }
  return segments.filter((_, at) => {
    const begin = begins[at] ?? NaN;
    const end = at + 1 < segments.length ? (begins[at + 1] ?? NaN) : Infinity;
    const isOutside = end + MARGIN_MS < fromMs || begin - MARGIN_MS >= toMs;
    return !(begin <= end && isOutside);
  });
}

/** @returns NaN where it cannot be told */
async function beginOf(folder: LogFolder, segment: Segment): Promise<number> {
  try {
    const header = await folder.header(segment);
    return header?.record.sequence === segment.first ? timeOf(header.record) : NaN;
  } catch (error) {
    if (isUnreadable(error)) return NaN;
    throw error;
  }
}
