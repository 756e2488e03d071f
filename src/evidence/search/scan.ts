import { splitLines } from '../../audit/read/lines.js';
import { NotARecordError, parseRecord } from '../../audit/read/records.js';
import type { AuditRecord } from '../../audit/record/index.js';
import { type Filter, matches, needleFor } from './filter.js';
import { linesWith } from './lines.js';

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
  readonly #filter: Filter;
  readonly #needle: Buffer | undefined;

  constructor(filter: Filter) {
    this.#filter = filter;
    this.#needle = needleFor(filter);
  }

  /**
   * The wanted records of a block.
   *
   * @param text whole lines
   */
  *hits(text: Buffer): Generator<Hit, void, undefined> {
    const lines =
      this.#needle === undefined ? splitLines(text).lines : linesWith(text, this.#needle);
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
      return undefined;
    }
  }
}
