import type { LogFolder } from '../../audit/read/log-folder.js';
import type { Segment } from '../../audit/read/segments.js';
import { isUnreadable } from '../../audit/read/unreadable.js';
import type { Filter } from './filter.js';

/** Heads that are read at once. */
const AT_ONCE = 4;

/**
 * Finds the segments that can hold records of a period: all but those of which the first record of
 * the next segment says that they hold none. Logs of 0.1 do not say it, and are read wholly.
 */
export async function segmentsInPeriod(
  folder: LogFolder,
  filter: Filter,
): Promise<readonly Segment[]> {
  const { segments } = folder;
  if (filter.fromMs === undefined && filter.toMs === undefined) return segments;
  const within: Segment[] = [];
  for (let at = 0; at < segments.length; at += AT_ONCE) {
    const some = segments.slice(at, at + AT_ONCE);
    const areOutside = await Promise.all(
      some.map((segment, index) => isOutside(folder, [segment, segments[at + index + 1]], filter)),
    );
    within.push(...some.filter((_, index) => areOutside[index] === false));
  }
  return within;
}

async function isOutside(
  folder: LogFolder,
  [segment, next]: readonly [Segment, Segment | undefined],
  { fromMs = -Infinity, toMs = Infinity }: Filter,
): Promise<boolean> {
  const record = next && (await recordOf(folder, next));
  const before = record?.segmentBefore;
  // Another segment may have stood between the two.
  if (record?.sequence !== next?.first || before?.firstSequence !== segment.first) return false;
  return Date.parse(before.latest) < fromMs || Date.parse(before.earliest) >= toMs;
}

/** @returns undefined where it cannot be read */
async function recordOf(folder: LogFolder, segment: Segment) {
  try {
    return (await folder.header(segment))?.record;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
