import { join } from 'node:path';
import { assertBlockRequest, assertCount, assertCounterName } from '../assert-request.js';
import { StateError } from '../errors.js';
import type { BlockRequest, CounterBlock, DrawnBlock } from '../store.js';
import { parseCounterFile, renderCounterFile } from './counter-file.js';
import { fileNameOf } from './file-names.js';
import { COUNTERS, type StateFolder } from './state-folder.js';
import { DamagedFileError, NewerFileError } from './stored-file.js';
import type { WriteQueue } from './write-queue.js';

/** The counters of a store: a file each, which is on disk before its numbers are given out. */
export class FileCounters {
  readonly #folder: StateFolder;
  readonly #queue: WriteQueue;
  readonly #next: Map<string, number>;
  /** The files whose counts nobody knows, and what is wrong with each, by their names. */
  readonly #damaged: ReadonlyMap<string, DamagedFileError>;

  private constructor(folder: StateFolder, queue: WriteQueue, loaded: LoadedCounters) {
    this.#folder = folder;
    this.#queue = queue;
    this.#next = loaded.next;
    this.#damaged = loaded.damaged;
  }

  /** Reads every counter. */
  static async load(folder: StateFolder, queue: WriteQueue): Promise<FileCounters> {
    const loaded: LoadedCounters = { next: new Map(), damaged: new Map() };
    for (const name of await folder.files(COUNTERS)) {
      try {
        const text = folder.readAtStart(join(COUNTERS, name));
        const { counter, next } = parseCounterFile(text, name);
        loaded.next.set(counter, next);
      } catch (error) {
        // Whatever the reason: nobody knows the count.
        const isTold = error instanceof DamagedFileError;
        const told = isTold ? error : new DamagedFileError(`cannot be read: ${String(error)}`);
        loaded.damaged.set(name, told);
      }
    }
    return new FileCounters(folder, queue, loaded);
  }

  /** The counters that cannot be trusted, one sentence each. */
  get problems(): readonly string[] {
    return [...this.#damaged].map(
      ([name, { message }]) => `${this.#pathOf(name)} ${message}: nobody knows that count`,
    );
  }

  async begin(counter: string, start: number): Promise<void> {
    assertCounterName(counter);
    assertCount(start);
    await this.#queue.run(counter, () => {
      this.#assertWhole(counter);
      if (this.#next.has(counter)) {
        throw new StateError('conflict', `the counter ${counter} is there already`);
      }
      return this.#write(counter, start);
    });
  }

  async draw(request: BlockRequest): Promise<CounterBlock | undefined> {
    assertBlockRequest(request);
    const { counter, size, limit } = request;
    return this.#queue.run(counter, async () => {
      const from = this.#next.get(counter);
      if (from === undefined) {
        throw new StateError('count-unknown', `nobody knows the count of ${counter}`);
      }
      if (from >= limit) return undefined;
      const to = Math.min(from + size, limit);
      await this.#write(counter, to);
      return { from, to };
    });
  }

  async drawMany(requests: readonly BlockRequest[]): Promise<readonly DrawnBlock[]> {
    requests.forEach(assertBlockRequest);
    const drawn: DrawnBlock[] = [];
    for (const request of requests) {
      const isKnown = this.#next.has(request.counter);
      drawn.push(isKnown ? ((await this.draw(request)) ?? 'at-limit') : 'count-unknown');
    }
    return drawn;
  }

  read(prefix: string): ReadonlyMap<string, number> {
    return new Map([...this.#next].filter(([counter]) => counter.startsWith(prefix)));
  }

  async raise(counter: string, by: number): Promise<void> {
    assertCounterName(counter);
    assertCount(by);
    await this.#queue.run(counter, () => {
      this.#assertWhole(counter);
      const next = (this.#next.get(counter) ?? 0) + by;
      assertCount(next);
      return this.#write(counter, next);
    });
  }

  async forget(prefix: string): Promise<void> {
    await this.#queue.runAlone(async () => {
      const counters = [...this.#next.keys()].filter((counter) => counter.startsWith(prefix));
      // Unknown from now on, even if one of them stays on disk.
      for (const counter of counters) this.#next.delete(counter);
      await this.#folder.remove(COUNTERS, counters.map(fileNameOf));
    });
  }

  /**
   * Raises a counter first in memory: what may have reached the disk is never given out again.
   */
  async #write(counter: string, next: number): Promise<void> {
    const wasThere = this.#next.has(counter);
    if (wasThere) this.#next.set(counter, next);
    await this.#folder.write(
      join(COUNTERS, fileNameOf(counter)),
      renderCounterFile({ counter, next }),
    );
    this.#next.set(counter, next);
  }

  #assertWhole(counter: string): void {
    const name = fileNameOf(counter);
    const damage = this.#damaged.get(name);
    if (damage === undefined) return;
    throw new StateError(
      damage instanceof NewerFileError ? 'newer-version' : 'damaged',
      `${this.#pathOf(name)} ${damage.message}, so nobody knows the count of ${counter}; the ` +
        'file is left as it is',
    );
  }

  #pathOf(name: string): string {
    return join(this.#folder.path, COUNTERS, name);
  }
}

interface LoadedCounters {
  readonly next: Map<string, number>;
  readonly damaged: Map<string, DamagedFileError>;
}
