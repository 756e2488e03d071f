import { splitLines } from '../../audit/read/line-chunks.js';
import { parseRecord } from '../../audit/read/records.js';
import { UnreadableError } from '../../audit/read/unreadable.js';
import type { AuditRecord } from '../../audit/record/index.js';
import { type Filter, matches, needleFor } from './filter.js';

const LINE_FEED = 0x0a;
const BACKSLASH = '\\';
/** A file with more such lines is no segment: a small one, compressed, can have billions. */
const MAX_NOT_RECORDS = 10_000;

/** Picks wanted records among lines, and counts lines that are no records. */
export class LineFilter {
  /** Lines that are no records, as far as they had to be looked at. */
  notRecords = 0;
  readonly #path: string;
  readonly #filter: Filter;
  readonly #needle: Buffer | undefined;

  /** @param path of the segment, for errors */
  constructor(path: string, filter: Filter) {
    this.#path = path;
    this.#filter = filter;
    this.#needle = needleFor(filter);
  }

  /**
   * Finds the lines of wanted records.
   *
   * @param text whole lines
   * @throws UnreadableError where too many of the lines so far are no records
   */
  *linesIn(text: Buffer): Generator<string, void, undefined> {
    const lines = this.#needle === undefined ? splitLines(text) : linesWith(text, this.#needle);
    for (const bytes of lines) {
      const line = bytes.toString();
      const record = this.#recordOf(line);
      if (record !== undefined && matches(this.#filter, record)) yield line;
    }
  }

  #recordOf(line: string): AuditRecord | undefined {
    const record = parseRecord(line);
    if (record !== undefined) return record;
    this.notRecords += 1;
    if (this.notRecords <= MAX_NOT_RECORDS) return undefined;
    const what = `has more than ${String(MAX_NOT_RECORDS)} lines that are no records`;
    throw new UnreadableError(this.#path, what);
  }
}

/**
 * Finds the lines of a block that may hold a text: those that have its bytes, and those with a
 * backslash, in which it may be spelled in another way.
 *
 * @param text whole lines
 * @param needle without a line feed
 */
export function* linesWith(text: Buffer, needle: Buffer): Generator<Buffer, void, undefined> {
  let needleAt = text.indexOf(needle);
  let backslashAt = text.indexOf(BACKSLASH);
  while (needleAt >= 0 || backslashAt >= 0) {
    const at = earlier(needleAt, backslashAt);
    const start = text.lastIndexOf(LINE_FEED, at) + 1;
    const end = endOf(text, at);
    yield text.subarray(start, end);
    if (needleAt >= 0 && needleAt < end) needleAt = text.indexOf(needle, end);
    if (backslashAt >= 0 && backslashAt < end) backslashAt = text.indexOf(BACKSLASH, end);
  }
}

function endOf(text: Buffer, from: number): number {
  const end = text.indexOf(LINE_FEED, from);
  return end < 0 ? text.length : end;
}

function earlier(a: number, b: number): number {
  if (a < 0) return b;
  return b < 0 ? a : Math.min(a, b);
}
