import { LogFolder } from '../../audit/read/log-folder.js';
import type { Segment } from '../../audit/read/segments.js';
import { isUnreadable, reasonOf } from '../../audit/read/unreadable.js';
import type { Filter } from './filter.js';
import { IndexDamagedError, type BlockEntry } from './index-file/layout.js';
import type { SegmentIndex } from './index-file/segment-index.js';
import { type IndexOptions, LogIndexes } from './log-indexes.js';
import { type Hit, Scanner } from './scan.js';
import { SegmentFile } from './segment-file.js';

/** Where wanted records of a segment may be. */
interface Candidates {
  readonly blocks: readonly BlockEntry[];
  readonly notRecords: number;
}

/** One log that is searched. */
export class LogSearch {
  readonly #log: string;
  readonly #options: IndexOptions;
  readonly #indexes: LogIndexes;

  constructor(log: string, options: IndexOptions) {
    this.#log = log;
    this.#options = options;
    this.#indexes = new LogIndexes(log, options);
  }

  /**
   * The wanted records, in the order of the log. The last segment, which grows, is read whole.
   *
   * @throws NoLogError, or the file system's error when the folder cannot be read
   */
  async *hits(filter: Filter): AsyncGenerator<Hit, void, undefined> {
    const { segments } = await LogFolder.open(this.#log);
    for (const [at, segment] of segments.entries()) {
      yield* this.#segmentHits(segment, segments.length - 1 - at, filter);
    }
    await this.#indexes.finish(segments);
  }

  /**
   * Makes the indexes of all closed segments.
   *
   * @throws NoLogError, or the file system's error when the folder cannot be read
   */
  async prepare(): Promise<void> {
    const { segments } = await LogFolder.open(this.#log);
    const closed = segments.slice(0, -1);
    for (const [at, segment] of closed.entries()) {
      await this.#orNotify(segment, async () => {
        const file = await SegmentFile.open(segment);
        try {
          const index = await this.#indexes.of(file, closed.length - at);
          await index?.close();
          // One that cannot have an index may be read all the same, or says why not.
          if (index === undefined) await readThrough(file);
        } finally {
          await file.close();
        }
      });
    }
    await this.#indexes.finish(segments);
  }

  async *#segmentHits(
    segment: Segment,
    closedAhead: number,
    filter: Filter,
  ): AsyncGenerator<Hit, void, undefined> {
    let file: SegmentFile | undefined;
    try {
      file = await SegmentFile.open(segment);
      const found = closedAhead > 0 ? await this.#candidates(file, closedAhead, filter) : undefined;
      yield* found === undefined
        ? this.#scanned(file, closedAhead > 0, filter)
        : this.#lookedUp(file, found, filter);
    } catch (error) {
      this.#notifyOf(segment.path, error);
    } finally {
      await file?.close();
    }
  }

  /** @returns undefined where the segment has to be read whole */
  async #candidates(
    file: SegmentFile,
    closedAhead: number,
    filter: Filter,
  ): Promise<Candidates | undefined> {
    const index = await this.#indexes.of(file, closedAhead);
    const found = await candidatesIn(index, filter);
    if (found !== 'damaged') return found;
    const again = await candidatesIn(await this.#indexes.remake(file), filter);
    return again === 'damaged' ? undefined : again;
  }

  async *#scanned(
    file: SegmentFile,
    closed: boolean,
    filter: Filter,
  ): AsyncGenerator<Hit, void, undefined> {
    const scanner = new Scanner(file.path, filter);
    try {
      for await (const text of file.texts(closed)) yield* scanner.hits(text);
    } finally {
      this.#notifyOfNotRecords(file, scanner.notRecords);
    }
  }

  /** Every record that the index points to is read from the log and held against the filter again. */
  async *#lookedUp(
    file: SegmentFile,
    { blocks, notRecords }: Candidates,
    filter: Filter,
  ): AsyncGenerator<Hit, void, undefined> {
    this.#notifyOfNotRecords(file, notRecords);
    const scanner = new Scanner(file.path, filter);
    for (const block of blocks) {
      const text = await this.#orNotify(file, () => file.read(block));
      if (text !== undefined) yield* scanner.hits(text);
    }
  }

  /** What can be read is searched although something else cannot be. */
  async #orNotify<T>(
    { path }: { readonly path: string },
    read: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      this.#notifyOf(path, error);
      return undefined;
    }
  }

  /** @throws what is a fault of this program */
  #notifyOf(path: string, error: unknown): void {
    if (!isUnreadable(error)) throw error;
    this.#options.notify({ kind: 'unreadable', segment: path, reason: reasonOf(error) });
  }

  #notifyOfNotRecords({ path }: SegmentFile, count: number): void {
    if (count > 0) this.#options.notify({ kind: 'not-records', segment: path, count });
  }
}

async function readThrough(file: SegmentFile): Promise<void> {
  const texts = file.texts(true);
  while ((await texts.next()).done !== true);
}

async function candidatesIn(
  index: SegmentIndex | undefined,
  filter: Filter,
): Promise<Candidates | 'damaged' | undefined> {
  if (index === undefined) return undefined;
  try {
    return { blocks: await index.candidates(filter), notRecords: index.head.notRecords };
  } catch (error) {
    if (error instanceof IndexDamagedError) return 'damaged';
    throw error;
  } finally {
    await index.close();
  }
}
