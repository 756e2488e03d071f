import { isErrno } from '../../../shared/errno.js';
import { LogFolder } from '../../read/log-folder.js';
import type { Segment } from '../../read/segments.js';
import type { LineRun } from './recent-lines.js';
import { type SegmentLines, segmentLines } from './segment-lines.js';

/** Lines out of the files, and whether a segment has been finished before them. */
export interface ReadRun extends LineRun {
  readonly isNewSegment: boolean;
}

/**
 * Reads a log that is being written to, segment after segment, while these are compressed and
 * removed.
 */
export class LogReader {
  readonly #directory: string;
  #lines: SegmentLines | undefined;

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
  async read(from: number, limit: number): Promise<ReadRun | undefined> {
    const run = await this.#readHere(from, limit);
    if (run !== undefined) return { ...run, isNewSegment: false };
    await this.close();
    const segment = await this.#segmentOf(from);
    if (segment === undefined) return undefined;
    this.#lines = segmentLines(segment);
    const first = await this.#readHere(from, limit);
    if (first !== undefined) return { ...first, isNewSegment: true };
    if (await this.#hasMoved(segment)) return this.read(from, limit);
    throw new Error(`${segment.path} does not hold record ${from}`);
  }

  /** Lets go of the file. The reader can be used again. */
  async close(): Promise<void> {
    await this.#lines?.close();
    this.#lines = undefined;
  }

  /** @returns undefined at the end of the segment, or where it is not the one */
  async #readHere(from: number, limit: number): Promise<LineRun | undefined> {
    const segment = this.#lines;
    if (segment === undefined || segment.next > from) return undefined;
    for (;;) {
      const start = segment.next;
      const lines = await linesOf(segment, limit);
      if (lines.length === 0) return undefined;
      if (segment.next > from) return { first: from, lines: lines.slice(from - start) };
    }
  }

  async #segmentOf(sequence: number): Promise<Segment | undefined> {
    const { segments } = await LogFolder.list(this.#directory);
    return segments.findLast(({ first }) => first <= sequence);
  }

  /** Whether it was compressed or removed under our hands. */
  async #hasMoved({ first, path }: Segment): Promise<boolean> {
    const { segments } = await LogFolder.list(this.#directory);
    return segments.find((segment) => segment.first === first)?.path !== path;
  }
}

/** A file that is gone has no lines. */
async function linesOf(segment: SegmentLines, limit: number): Promise<readonly Buffer[]> {
  try {
    return await segment.read(limit);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
