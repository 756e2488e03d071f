import { ifThere } from '../../../shared/errno.js';
import { splitLines, wholeLines } from '../../read/line-chunks.js';
import { fileBytes, lineChunks } from '../../read/lines.js';
import { LogFolder } from '../../read/log-folder.js';
import { openRegularFile } from '../../read/open-file.js';
import type { Segment } from '../../read/segments.js';

const CHUNK_BYTES = 256 * 1024;

/** Lines that follow each other in the log, without their line feeds. */
export interface LineRun {
  readonly lines: readonly Buffer[];
  /** True when a segment has been finished before them. */
  readonly isNewSegment: boolean;
}

/**
 * Reads a log that is being written to, segment after segment, while these are compressed and
 * removed.
 */
export class LogReader {
  readonly #directory: string;
  #segment: SegmentLines | undefined;

  /** @param directory the folder of the log */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Reads some lines. Going on where the last read ended is cheap.
   *
   * @param from sequence of the first
   * @param limit number of records in the log: what stands behind them is not part of it
   * @returns undefined where the log does not hold the record any more
   * @throws UnreadableError, Error for a log that is not whole, or the file system's error
   */
  async read(from: number, limit: number): Promise<LineRun | undefined> {
    const lines = await this.#readHere(from, limit);
    if (lines !== undefined) return { lines, isNewSegment: false };
    await this.close();
    const { segments } = await LogFolder.list(this.#directory);
    const segment = segments.findLast(({ first }) => first <= from);
    if (segment === undefined) return undefined;
    this.#segment = new SegmentLines(segment);
    const first = await this.#readHere(from, limit);
    if (first !== undefined) return { lines: first, isNewSegment: true };
    if (await this.#hasMoved(segment)) return this.read(from, limit);
    throw new Error(`${segment.path} does not hold record ${from}`);
  }

  /** Lets go of the file. The reader can be used again. */
  async close(): Promise<void> {
    await this.#segment?.close();
    this.#segment = undefined;
  }

  /** @returns undefined at the end of the segment, or where it is not the one */
  async #readHere(from: number, limit: number): Promise<readonly Buffer[] | undefined> {
    const segment = this.#segment;
    if (segment === undefined || segment.next > from) return undefined;
    for (;;) {
      const start = segment.next;
      const lines = await segment.read(limit);
      if (lines.length === 0) return undefined;
      if (segment.next > from) return lines.slice(from - start);
    }
  }

  /** Tells whether a segment was compressed or removed since it was listed. */
  async #hasMoved({ first, path }: Segment): Promise<boolean> {
    const { segments } = await LogFolder.list(this.#directory);
    return segments.find((segment) => segment.first === first)?.path !== path;
  }
}

/**
 * The lines of one segment, from its beginning and one after the other. A segment that may still
 * grow is not held open between two reads, so that one that is removed is gone.
 */
class SegmentLines {
  readonly #path: string;
  /** Of a compressed segment, which is closed, so that all of it may be read. */
  readonly #chunks: ReturnType<typeof lineChunks> | undefined;
  #next: number;
  #offset = 0;

  constructor(segment: Segment) {
    this.#path = segment.path;
    this.#next = segment.first;
    this.#chunks = segment.compressed ? lineChunks(segment) : undefined;
  }

  /** Sequence of the line that is read next. */
  get next(): number {
    return this.#next;
  }

  /**
   * Reads the next lines.
   *
   * @param limit sequence of the first record that must not be read: what stands there may be
   *   cut off yet
   * @returns no lines at the end of the file, and where it is gone
   * @throws UnreadableError for what is no segment, or the file system's error
   */
  async read(limit: number): Promise<readonly Buffer[]> {
    const lines = splitLines(await this.#bytesHere()).slice(0, limit - this.#next);
    for (const line of lines) this.#offset += line.length + 1;
    this.#next += lines.length;
    return lines;
  }

  async close(): Promise<void> {
    await this.#chunks?.return();
  }

  /** @returns whole lines */
  async #bytesHere(): Promise<Buffer> {
    const chunk = await ifThere(this.#chunks?.next() ?? this.#grown());
    return chunk?.value?.bytes ?? Buffer.alloc(0);
  }

  async #grown() {
    const file = await openRegularFile(this.#path);
    try {
      return await wholeLines(this.#path, fileBytes(file, this.#offset, CHUNK_BYTES)).next();
    } finally {
      await file.close();
    }
  }
}
