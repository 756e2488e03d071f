import { type Condition, needleOf, satisfies } from './condition.js';
import { forEachLeaf } from './leaves.js';

const YEAR_0_MS = Date.parse('0000-01-01T00:00:00.000Z');
const YEAR_10000_MS = Date.UTC(10_000, 0);

/** The records that are wanted: those that meet everything in it. */
export interface Filter {
  readonly conditions: readonly Condition[];
  /** Of the record's `time`, in ms since 1970; included. */
  readonly fromMs: number | undefined;
  /** Of the record's `time`, in ms since 1970; not included. */
  readonly toMs: number | undefined;
}

/** A record with its time. */
export interface Dated {
  readonly time: string;
}

/** Reads the time of a record, in ms since 1970; NaN where it has none that can be read. */
export function timeOf(record: Dated): number {
  return Date.parse(record.time);
}

/** Tells whether a record is wanted. One whose time cannot be read lies in no period. */
export function matches(filter: Filter, record: Dated): boolean {
  return inPeriod(filter, record) && meetsAll(filter.conditions, record);
}

/**
 * Finds bytes that every line of a wanted record has in it, unless the line has a backslash: the
 * longest value that is asked for, or else what all times of the period begin with.
 *
 * @returns undefined where every line has to be parsed
 */
export function needleFor({ conditions, fromMs, toMs }: Filter): Buffer | undefined {
  const needles = conditions.map(needleOf).filter((needle) => needle !== undefined);
  const [longest = beginningOfTimes(fromMs, toMs)] = needles.sort((a, b) => b.length - a.length);
  return longest === undefined ? undefined : Buffer.from(longest);
}

/** The server writes times in one way: in UTC, with milliseconds. */
function beginningOfTimes(fromMs = NaN, toMs = NaN): string | undefined {
  const lastMs = toMs - 1;
  if (!(fromMs <= lastMs && fromMs >= YEAR_0_MS && lastMs < YEAR_10000_MS)) return undefined;
  const [from, last] = [new Date(fromMs).toISOString(), new Date(lastMs).toISOString()];
  const length = [...from].findIndex((character, at) => character !== last[at]);
  return `"time":"${from.slice(0, length < 0 ? from.length : length)}`;
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
