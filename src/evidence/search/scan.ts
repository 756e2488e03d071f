import { splitLines } from '../../audit/read/line-chunks.js';
import { NotARecordError, parseRecord } from '../../audit/read/records.js';
import type { AuditRecord } from '../../audit/record/index.js';
import { type Filter, matches, needleFor } from './filter.js';
import { linesWith } from './lines.js';
import { assertRecords } from './not-records.js';

/** A record that was looked for. */
export interface Hit {
  readonly record: AuditRecord;
  /** The line as it stands in the log, without its line feed. */
  readonly line: string;
}

/** Looks for wanted records in lines, and counts lines that are none. */
export class Scanner {
  /** Lines that are no records, as far as the scanner had to look at them. */
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
   * The wanted records of a block.
   *
   * @param text whole lines
   * @throws UnreadableError where too many of the lines so far are no records
   */
  *hits(text: Buffer): Generator<Hit, void, undefined> {
    const lines = this.#needle === undefined ? splitLines(text) : linesWith(text, this.#needle);
    for (const bytes of lines) {
      const line = bytes.toString();
      const record = this.#recordOf(line);
      if (record !== undefined && matches(this.#filter, record)) yield { record, line };
    }
  }

  #recordOf(line: string): AuditRecord | undefined {
    try {
      return parseRecord(line);
    } catch (error) {
      if (!(error instanceof NotARecordError)) throw error;
      this.notRecords += 1;
      assertRecords(this.#path, this.notRecords);
      return undefined;
    }
  }
}
