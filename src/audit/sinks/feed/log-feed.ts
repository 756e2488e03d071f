import { claimsOf } from '../../read/line-head.js';
import { sizeOfNote } from '../../read/notes.js';
import type { Carried } from '../config.js';
import { latestNotes, newestNoteSize } from './latest-notes.js';
import { type LineRun, LogReader } from './log-reader.js';
import { placeToContinue } from './place-to-continue.js';
import { BEGINNING, type Position } from './position.js';

const LINE_FEED = 0x0a;

/** The log that a feed hands out, and how it does. */
export interface LogFeedPorts {
  /** The folder of the log. */
  readonly directory: string;
  readonly carries: Carried;
  /** Maximum bytes that wait in the segments after the one that is being sent. */
  readonly bufferBytes: number;
  /** Called for records that are left out, before those after them are handed out. */
  readonly onGap: (firstSequence: number, lastSequence: number) => void;
}

/** The next records or checkpoints for a sink, and the position that leads to them again. */
export type FeedItem = { readonly at: Position } & (
  | { readonly kind: 'records'; readonly lines: readonly Buffer[] }
  | { readonly kind: 'checkpoints'; readonly notes: readonly string[] }
);

/**
 * The log from some position on, for a sink that may be slow or away: the log's own files are what
 * it is buffered in. Checkpoints are always read from the files beside the segments.
 */
export class LogFeed {
  readonly #ports: LogFeedPorts;
  readonly #reader: LogReader;
  #position = BEGINNING;
  #size = 0;
  #signedSize = 0;
  #mustLookForNotes = true;
  #mustRepeatNewest: boolean;
  #isNewSegment = false;
  #mustCheckPlace = true;

  constructor(ports: LogFeedPorts) {
    this.#ports = ports;
    this.#mustRepeatNewest = ports.carries.includes('checkpoints');
    this.#reader = new LogReader(ports.directory);
  }

  /** The position behind what was handed out last. */
  get position(): Position {
    return this.#position;
  }

  /** Number of records in the log, as far as it has been told; 0 before the first was. */
  get size(): number {
    return this.#size;
  }

  /** Number of records that have not been handed out. */
  get behind(): number {
    if (!this.#ports.carries.includes('records')) return 0;
    return Math.max(0, this.#size - this.#position.record);
  }

  /**
   * Takes note of lines that have become part of the log. All that stands before them is part of
   * it, too.
   */
  committed(lines: Buffer): void {
    const lastAt = lines.lastIndexOf(LINE_FEED, -2) + 1;
    const last = claimsOf(lines.subarray(lastAt))?.sequence;
    if (last !== undefined) this.#size = last + 1;
  }

  /** Takes note of a checkpoint, which is on the disk. */
  checkpoint(note: string): void {
    this.#signedSize = sizeOfNote(note);
    this.#mustLookForNotes = this.#ports.carries.includes('checkpoints');
  }

  /**
   * Continues elsewhere: at the start, and where what was handed out has to be handed out again.
   */
  async goTo(position: Position): Promise<void> {
    await this.#reader.close();
    this.#position = position;
    this.#mustLookForNotes = this.#ports.carries.includes('checkpoints');
    this.#mustCheckPlace = true;
  }

  /**
   * Hands out what comes next, at most about a megabyte.
   *
   * @returns undefined when everything has been handed out
   * @throws UnreadableError, Error for a log that is not whole, or the file system's error
   */
  async next(): Promise<FeedItem | undefined> {
    if (this.#mustRepeatNewest) await this.#goBeforeNewest();
    if (!this.#ports.carries.includes('records')) this.#passOverRecords();
    if (this.#isTimeForNotes()) {
      const at = this.#position;
      const notes = await this.#nextNotes();
      if (notes.length > 0) return { kind: 'checkpoints', at, notes };
    }
    if (this.#position.record >= this.#size) return undefined;
    const run = await this.#nextRun();
    if (run === undefined) return undefined;
    // After a gap, if there is one: it was told, and must not be told again.
    const at = this.#position;
    this.#position = { ...at, record: at.record + run.lines.length };
    return { kind: 'records', at, lines: run.lines };
  }

  /**
   * The newest checkpoint is handed out after every start. It covers all before it, so whoever has
   * edited the place that a sink keeps cannot hold checkpoints back. Before anything is handed out:
   * every position after this leads to that checkpoint.
   */
  async #goBeforeNewest(): Promise<void> {
    const newest = await newestNoteSize(this.#ports.directory, this.#size);
    const { record, checkpoint } = this.#position;
    this.#position = { record, checkpoint: Math.min(checkpoint, Math.max(0, newest - 1)) };
    this.#mustRepeatNewest = false;
  }

  #passOverRecords(): void {
    this.#position = { ...this.#position, record: this.#size };
  }

  /** Whoever gets a checkpoint should have the records under it. */
  #isTimeForNotes(): boolean {
    const { record, checkpoint } = this.#position;
    const isDue = this.#signedSize > checkpoint && record >= this.#signedSize;
    return this.#mustLookForNotes && (isDue || this.#isNewSegment || record >= this.#size);
  }

  async #nextNotes(): Promise<readonly string[]> {
    const { record, checkpoint } = this.#position;
    // Before the end of the log there may be more, of those that were signed before this process
    // began.
    this.#mustLookForNotes = record < this.#size;
    this.#isNewSegment = false;
    const notes = await latestNotes(this.#ports.directory, checkpoint, record);
    const last = notes.at(-1);
    if (last === undefined) return [];
    this.#position = { record, checkpoint: last.size };
    // There may be more beside the next segment.
    this.#mustLookForNotes = true;
    return notes.map(({ note }) => note);
  }

  async #nextRun(): Promise<LineRun | undefined> {
    if (this.#mustCheckPlace) await this.#checkPlace();
    return (await this.#read()) ?? this.#readAfterRemoval();
  }

  async #read(): Promise<LineRun | undefined> {
    const run = await this.#reader.read(this.#position.record, this.#size);
    if (run?.isNewSegment === true) {
      this.#isNewSegment = true;
      this.#mustCheckPlace = true;
    }
    return run;
  }

  /** The segment was removed, because it is older than the log is kept. */
  async #readAfterRemoval(): Promise<LineRun | undefined> {
    const { record } = this.#position;
    await this.#checkPlace();
    if (this.#position.record === record) throw new Error(`record ${record} is not in the log`);
    return this.#position.record < this.#size ? this.#read() : undefined;
  }

  async #checkPlace(): Promise<void> {
    const { directory, bufferBytes, onGap } = this.#ports;
    const { record, checkpoint } = this.#position;
    this.#mustCheckPlace = false;
    const place = await placeToContinue(directory, record, bufferBytes);
    if (place === record) return;
    // The checkpoint over all that is left out is sent, those before it are not.
    this.#position = { record: place, checkpoint: Math.max(checkpoint, place - 1) };
    onGap(record, place - 1);
  }
}
