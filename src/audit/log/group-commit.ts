import type { Clock } from '../../shared/clock.js';

/**
 * Writes that begin within so many milliseconds of each other are one write: a write to a file costs
 * more processor time than all else that is done for a record, and a sync many times that.
 */
const GATHER_MS = 2;
/** Of one write. Much more waits only when the file system is stuck. */
const MAX_BATCH_BYTES = 1024 * 1024;
/** Records that may wait. They are there when writing stands still, and then their requests have been refused. */
const MAX_WAITING = 20_000;

/** The log cannot take a record: too many wait already, or it is closed. */
export class LogOverrunError extends Error {
  override readonly name = 'LogOverrunError';
}

interface Waiting {
  readonly payload: string;
  readonly resolve: (sequence: number) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Appends to the log, or appends none of it.
 *
 * @returns the sequence of the first
 */
export type WritePayloads = (payloads: readonly string[]) => Promise<number>;

/** Gathers what is to be appended while a write is under way, or was a moment ago, and writes it together. */
export class GroupCommit {
  readonly #write: WritePayloads;
  readonly #clock: Clock;
  readonly #maxBatchRecords: number;
  #waiting: Waiting[] = [];
  #isBusy = false;
  #isClosed = false;
  #lastStartedAt = Number.NEGATIVE_INFINITY;
  #idle: (() => void) | undefined;

  constructor(write: WritePayloads, clock: Clock, maxBatchRecords: number) {
    this.#write = write;
    this.#clock = clock;
    this.#maxBatchRecords = maxBatchRecords;
  }

  /**
   * @returns the sequence of the record, when it is in the log
   * @throws what the write threw, or LogOverrunError
   */
  append(payload: string): Promise<number> {
    if (this.#isClosed) return Promise.reject(new LogOverrunError('the log is closed'));
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new LogOverrunError('too many records wait for the log'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload, resolve, reject });
      if (!this.#isBusy) this.#start();
    });
  }

  /** Takes no more, and resolves when all that was taken has been written, or has failed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#isBusy) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  #start(): void {
    this.#isBusy = true;
    const now = this.#clock.monotonic();
    const waitMs = this.#lastStartedAt + GATHER_MS - now;
    this.#lastStartedAt = now;
    if (waitMs > 0) setTimeout(() => void this.#writeNext(), waitMs);
    // After all the requests that the same turn of the event loop has brought.
    else setImmediate(() => void this.#writeNext());
  }

  async #writeNext(): Promise<void> {
    const batch = this.#takeBatch();
    this.#lastStartedAt = this.#clock.monotonic();
    try {
      const first = await this.#write(batch.map(({ payload }) => payload));
      batch.forEach(({ resolve }, index) => {
        resolve(first + index);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.#isBusy = false;
    if (this.#waiting.length > 0) this.#start();
    else this.#idle?.();
  }

  #takeBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { payload } of this.#waiting) {
      bytes += payload.length;
      // The first goes in any case, however long it is.
      if (count > 0 && bytes > MAX_BATCH_BYTES) break;
      if (count === this.#maxBatchRecords) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
