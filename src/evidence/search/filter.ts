import { type Condition, needleOf, satisfies } from './condition.js';
import { forEachLeaf } from './leaves.js';

/** Which records are wanted: those that meet everything in it. */
export interface Filter {
  readonly conditions: readonly Condition[];
  /** Of the record's `time`, in ms since 1970; included. */
  readonly fromMs: number | undefined;
  /** Of the record's `time`, in ms since 1970; not included. */
  readonly toMs: number | undefined;
}

/** A record in what a search asks of it. */
export interface Dated {
  readonly time: string;
}

/** Time of a record in ms since 1970; NaN where it has none that can be read. */
export function timeOf(record: Dated): number {
  return Date.parse(record.time);
}

/** Whether a record is wanted. One whose time cannot be read lies in no period. */
export function matches(filter: Filter, record: Dated): boolean {
  return inPeriod(filter, record) && meetsAll(filter.conditions, record);
}

/** What to look for in the bytes of lines before any is parsed: the longest text that must be there. */
export function needleFor({ conditions }: Filter): Buffer | undefined {
  const needles = conditions.map(needleOf).filter((needle) => needle !== undefined);
  const [longest] = needles.sort((a, b) => b.length - a.length);
  return longest === undefined ? undefined : Buffer.from(longest);
}

function inPeriod({ fromMs, toMs }: Filter, record: Dated): boolean {
  if (fromMs === undefined && toMs === undefined) return true;
  const time = timeOf(record);
  return time >= (fromMs ?? -Infinity) && time < (toMs ?? Infinity);
}

function meetsAll(conditions: readonly Condition[], record: object): boolean {
  if (conditions.length === 0) return true;
  const open = new Set(conditions);
  forEachLeaf(record, (path, value) => {
    for (const condition of open) {
      if (condition.path === path && satisfies(condition, value)) open.delete(condition);
    }
  });
  return open.size === 0;
}
