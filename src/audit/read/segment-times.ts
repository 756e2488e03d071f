import type { RecordOf } from '../record/index.js';
import { isTextAt } from './line-chunks.js';

const SEQUENCE_AT = '{"schema":1,"sequence":'.length;
const LINK = Buffer.from(',"previous":"');
/** A hash in base64, and the quote behind it. */
const LINK_END_LENGTH = 45;
const NAME = Buffer.from(',"time":"');
const TIME_LENGTH = '2026-01-01T00:00:00.000Z'.length;
const EARLIEST = Buffer.from('0000-01-01T00:00:00.000Z');
const LATEST = Buffer.from('9999-12-31T23:59:59.999Z');
const [ZERO, NINE, QUOTE] = [0x30, 0x39, 0x22];

/** The first record of a segment, and when its records were made. */
export type SegmentBefore = NonNullable<RecordOf<'segment'>['segmentBefore']>;

/**
 * The earliest and the latest time of the records of a segment, by their own words. They need not
 * be its first and its last: a clock can be wrong for a while. A record whose time cannot be read
 * may be of any time.
 */
export class SegmentTimes {
  readonly #first: number;
  #records = 0;
  readonly #earliest = Buffer.from(LATEST);
  readonly #latest = Buffer.from(EARLIEST);

  /** @param first sequence of the segment's first record */
  constructor(first: number) {
    this.#first = first;
  }

  /** Number of records that were added. */
  get records(): number {
    return this.#records;
  }

  /** The segment as the first record of the next one names it. */
  get told(): SegmentBefore {
    return {
      firstSequence: this.#first,
      earliest: this.#earliest.toString('latin1'),
      latest: this.#latest.toString('latin1'),
    };
  }

  /** Adds a line of the segment. @param start of the line */
  add(bytes: Buffer, start = 0): void {
    this.#records += 1;
    const at = placeOfTime(bytes, start);
    this.#include(at < 0 ? EARLIEST : bytes, Math.max(0, at));
    if (at < 0) this.#include(LATEST, 0);
  }

  copy(): SegmentTimes {
    const copy = new SegmentTimes(this.#first);
    copy.#records = this.#records;
    this.#earliest.copy(copy.#earliest);
    this.#latest.copy(copy.#latest);
    return copy;
  }

  #include(bytes: Buffer, at: number): void {
    if (compareTimes(bytes, at, this.#latest) > 0) bytes.copy(this.#latest, 0, at);
    if (compareTimes(bytes, at, this.#earliest) < 0) bytes.copy(this.#earliest, 0, at);
  }
}

/**
 * Reads the time at which a line says that its record was made; undefined where it does not say.
 */
export function timeOfLine(line: Buffer): string | undefined {
  const at = placeOfTime(line, 0);
  return at < 0 ? undefined : line.toString('latin1', at, at + TIME_LENGTH);
}

/** Reads the same in ms since 1970. */
export function msOfLine(line: Buffer): number | undefined {
  const time = Date.parse(timeOfLine(line) ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** @returns where the time of a line begins; -1 where there is none in its place */
function placeOfTime(bytes: Buffer, start: number): number {
  let at = start + SEQUENCE_AT;
  for (let digit = bytes[at] ?? 0; digit >= ZERO && digit <= NINE; digit = bytes[at] ?? 0) at += 1;
  if (isTextAt(bytes, LINK, at)) at += LINK.length + LINK_END_LENGTH;
  const time = at + NAME.length;
  return isTextAt(bytes, NAME, at) && bytes[time + TIME_LENGTH] === QUOTE ? time : -1;
}

/** Times are all of one length, so their bytes come in the order of the times. */
function compareTimes(bytes: Buffer, start: number, time: Buffer): number {
  for (let at = 0; at < TIME_LENGTH; at += 1) {
    const difference = (bytes[start + at] ?? 0) - (time[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
