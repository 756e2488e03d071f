import type { Segment } from '../../audit/read/segments.js';
import { isUnreadable } from '../../audit/read/unreadable.js';
import { errnoOf } from '../../shared/errno.js';
import type { Notify } from './event.js';
import { GzipError } from './gzip-members.js';
import { buildIndex, NotIndexableError } from './index-file/build.js';
import type { SegmentIndex } from './index-file/segment-index.js';
import {
  indexFolder,
  openIndex,
  removeLeftovers,
  storeIndex,
  whyNotWritable,
} from './index-file/store.js';
import type { SegmentFile } from './segment-file.js';

/** How the indexes of a log are dealt with. */
export interface IndexOptions {
  /** `use`: make those that are missing; `rebuild`: make all of them anew; `ignore`: read everything. */
  readonly index: 'use' | 'rebuild' | 'ignore';
  /** Where indexes are kept; undefined: in the log's own folder. */
  readonly indexDirectory: string | undefined;
  readonly notify: Notify;
  /** To tell what another process is writing from what one has left behind. */
  readonly nowMs: number;
}

/** The indexes of one log. That one cannot be had is told once, and is no failure. */
export class LogIndexes {
  readonly #log: string;
  readonly #options: IndexOptions;
  readonly #folder: string;
  /** Not known before one has to be made. */
  #writable: boolean | undefined;
  #made = 0;

  constructor(log: string, options: IndexOptions) {
    this.#log = log;
    this.#options = options;
    this.#folder = indexFolder(log, options.indexDirectory);
  }

  /**
   * The index of a closed segment, which is made if it has to be.
   *
   * @param closedAhead closed segments from this one on
   * @returns undefined where the segment has to be read whole
   */
  async of(file: SegmentFile, closedAhead: number): Promise<SegmentIndex | undefined> {
    const { index } = this.#options;
    if (index === 'ignore') return undefined;
    const found = index === 'use' ? await openIndex(this.#folder, file) : undefined;
    if (found !== undefined) return found;
    this.#writable ??= await this.#mayWrite(closedAhead);
    return this.#writable ? this.#make(file) : undefined;
  }

  /** Makes an index anew that turned out to be damaged after it was opened. */
  async remake(file: SegmentFile): Promise<SegmentIndex | undefined> {
    this.#writable ??= await this.#mayWrite(1);
    return this.#writable ? this.#make(file) : undefined;
  }

  /** To be called after the last segment. */
  async finish(segments: readonly Segment[]): Promise<void> {
    if (this.#made === 0) return;
    const firsts = new Set(segments.map(({ first }) => first));
    await orNothing(removeLeftovers(this.#folder, firsts, this.#options.nowMs));
    this.#options.notify({ kind: 'indexed', log: this.#log, segments: this.#made });
  }

  async #mayWrite(segments: number): Promise<boolean> {
    const { notify } = this.#options;
    const reason = await whyNotWritable(this.#folder);
    if (reason === undefined) notify({ kind: 'indexing', log: this.#log, segments });
    else notify({ kind: 'no-index', log: this.#log, reason });
    return reason === undefined;
  }

  async #make(file: SegmentFile): Promise<SegmentIndex | undefined> {
    const contents = await built(file);
    if (contents === undefined) return undefined;
    try {
      const index = await storeIndex(this.#folder, file, contents);
      this.#made += 1;
      return index;
    } catch (error) {
      const reason = errnoOf(error);
      if (reason === undefined) throw error;
      this.#writable = false;
      this.#options.notify({ kind: 'no-index', log: this.#log, reason });
      return undefined;
    }
  }
}

/** What others are removing at the same time, or guard, can stay. */
async function orNothing(tidying: Promise<void>): Promise<void> {
  try {
    await tidying;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/** @returns undefined for a segment that cannot have one: who reads it whole will find out why */
async function built(file: SegmentFile): Promise<Buffer | undefined> {
  try {
    return await buildIndex(file);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    if (error instanceof GzipError || error instanceof NotIndexableError) return undefined;
    throw error;
  }
}
