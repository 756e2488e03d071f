import { splitLines } from '../../read/line-chunks.js';

const LINE_FEED = 0x0a;
const SEQUENCE = /^\{"schema":\d+,"sequence":(?<sequence>\d+),/;
/** More than a line has before the end of its sequence. */
const SEQUENCE_BYTES = 64;
/** Beyond this the files are read instead. */
const MAX_KEPT_BYTES = 1024 * 1024;
/** What is taken at once, if there is so much. */
const RUN_BYTES = 64 * 1024;

/** Lines that follow each other in the log, without their line feeds. */
export interface LineRun {
  /** Sequence of the first. */
  readonly first: number;
  readonly lines: readonly Buffer[];
}

interface Commit {
  readonly first: number;
  /** Sequence of the record after the last. */
  readonly end: number;
  readonly bytes: Buffer;
}

/**
 * The newest lines of the log, for a sink that keeps up: it need not read what was just
 * written.
 */
export class RecentLines {
  readonly #commits: Commit[] = [];
  #bytes = 0;

  /**
   * @param bytes whole lines, which follow those before
   * @returns number of records in the log with them
   */
  add(bytes: Buffer): number {
    const first = sequenceAt(bytes, 0);
    const end = sequenceAt(bytes, bytes.lastIndexOf(LINE_FEED, -2) + 1) + 1;
    this.#commits.push({ first, end, bytes });
    this.#bytes += bytes.length;
    while (this.#bytes > MAX_KEPT_BYTES) this.#dropOldest();
    return end;
  }

  /**
   * Hands out lines from a record on, and forgets them.
   *
   * @returns undefined where the record is not among them
   */
  take(from: number): LineRun | undefined {
    this.forgetBefore(from);
    const [oldest] = this.#commits;
    if (oldest === undefined || oldest.first > from) return undefined;
    const lines: Buffer[] = [];
    for (let taken = 0; this.#commits.length > 0 && taken < RUN_BYTES; ) {
      const bytes = this.#dropOldest();
      taken += bytes.length;
      lines.push(...splitLines(bytes));
    }
    return { first: from, lines: lines.slice(from - oldest.first) };
  }

  /** Forgets what ends before a record. */
  forgetBefore(sequence: number): void {
    while (this.#commits[0] !== undefined && this.#commits[0].end <= sequence) this.#dropOldest();
  }

  #dropOldest(): Buffer {
    const bytes = this.#commits.shift()?.bytes ?? Buffer.alloc(0);
    this.#bytes -= bytes.length;
    return bytes;
  }
}

function sequenceAt(bytes: Buffer, offset: number): number {
  const head = bytes.toString('latin1', offset, offset + SEQUENCE_BYTES);
  return Number(SEQUENCE.exec(head)?.groups?.['sequence']);
}
