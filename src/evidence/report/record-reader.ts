import type { AuditRecord } from '../../audit/record/index.js';
import { parseRecord } from '../../audit/read/records.js';

const OPENING_BRACE = 0x7b;
const TIME_LENGTH = '2026-01-01T00:00:00.000Z'.length;
const MINUTE_LENGTH = '2026-01-01T00:00:'.length;
const MILLISECONDS = /^\d\d\.\d{3}Z$/;

/** Reads the record of a line; undefined for a line that is none. */
export function recordOf(line: Buffer): AuditRecord | undefined {
  return line[0] === OPENING_BRACE ? parseRecord(line) : undefined;
}

/** Reads the times of records, most of which are of the same minute as the one before. */
export class TimeReader {
  #minute = '';
  #minuteMs = Number.NaN;

  /** @returns ms since 1970; NaN for what is no time */
  read(time: unknown): number {
    if (typeof time !== 'string') return Number.NaN;
    const rest = time.slice(MINUTE_LENGTH);
    if (time.length !== TIME_LENGTH || !MILLISECONDS.test(rest)) return Date.parse(time);
    if (!time.startsWith(this.#minute) || this.#minute === '') {
      this.#minute = time.slice(0, MINUTE_LENGTH);
      this.#minuteMs = Date.parse(`${this.#minute}00.000Z`);
    }
    const seconds = Number(rest.slice(0, 'ss.mmm'.length));
    return seconds < 60 ? this.#minuteMs + Math.round(seconds * 1000) : Number.NaN;
  }
}
