import type { Clock } from '../../shared/clock.js';
import type { AppendSteps } from './log-ports.js';

/**
 * Writes that are followed by a sync, or made in the thread pool, begin so many ms after each
 * other: either costs more processor time than all else that is done for a record.
 */
const GATHER_MS = 2;
/** Records wait for a sync that is under way, and so for the next, at most this long in ms. */
const SYNC_PATIENCE_MS = 10;
/** Bytes of one write. Much more waits only when the file system is stuck. */
const MAX_BATCH_BYTES = 1024 * 1024;
/** Records that may wait. So many do when the disk stands still and requests are refused. */
const MAX_WAITING = 20_000;

/** The error for a record that the log cannot take: too many wait already, or it is closed. */
export class LogOverrunError extends Error {
  override readonly name = 'LogOverrunError';
}

/** A record on its way into the log. */
class Entry implements AppendSteps {
  readonly payload: string;
  readonly durable: Promise<number>;
  written: number | undefined;
  resolve!: (sequence: number) => void;
  reject!: (reason: unknown) => void;

  constructor(payload: string) {
    this.payload = payload;
    this.durable = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/** The file below, as a group commit uses it. */
export interface CommitPorts {
  /**
   * Appends to the log, or appends none of it.
   *
   * @returns the sequence of the first record, at once where the event loop has written them
   */
  readonly write: (payloads: readonly string[]) => number | Promise<number>;
  /** Brings all that was appended to the disk; absent where nobody waits for that. */
  readonly sync?: (() => Promise<void>) | undefined;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly maxBatchRecords: number;
}

/** Writes and syncs together the records that are appended in one turn of the event loop. */
export class GroupCommit {
  readonly #ports: CommitPorts;
  #waiting: Entry[] = [];
  /** True when a write is under way, or about to begin. */
  #isBusy = false;
  #syncsUnderWay = 0;
  /** Ends the wait for a sync. */
  #patience: NodeJS.Timeout | undefined;
  #isClosed = false;
  #lastStartedAt = Number.NEGATIVE_INFINITY;
  #wasInline = false;
  #idle: (() => void) | undefined;

  constructor(ports: CommitPorts) {
    this.#ports = ports;
  }

  /** Adds a record. `durable` rejects with the error of the write or sync, or LogOverrunError. */
  append(payload: string): AppendSteps {
    const entry = new Entry(payload);
    if (this.#isClosed) entry.reject(new LogOverrunError('the log is closed'));
    else if (this.#waiting.length >= MAX_WAITING) {
      entry.reject(new LogOverrunError('too many records wait for the log'));
    } else {
      this.#waiting.push(entry);
      if (!this.#isBusy) this.#start();
    }
    return entry;
  }

  /** Takes no more, and resolves when all that was taken has been committed, or has failed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#isBusy && this.#syncsUnderWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  #start(): void {
    this.#isBusy = true;
    const write = (): void => {
      this.#writeNext();
    };
    if (this.#syncsUnderWay > 0) {
      this.#patience = setTimeout(() => {
        this.#patience = undefined;
        write();
      }, SYNC_PATIENCE_MS);
      return;
    }
    const isCheap = this.#wasInline && this.#ports.sync === undefined;
    const waitMs = this.#lastStartedAt + GATHER_MS - this.#ports.clock.monotonic();
    if (!isCheap && waitMs > 0) setTimeout(write, waitMs);
    // After all the requests that the same turn of the event loop has brought.
    else setImmediate(write);
  }

  #writeNext(): void {
    const batch = this.#takeBatch();
    this.#lastStartedAt = this.#ports.clock.monotonic();
    try {
      const first = this.#ports.write(batch.map(({ payload }) => payload));
      this.#wasInline = typeof first === 'number';
      if (typeof first === 'number') this.#wrote(batch, first);
      else {
        first.then(
          (sequence) => {
            this.#wrote(batch, sequence);
          },
          (error: unknown) => {
            this.#failed(batch, error);
          },
        );
      }
    } catch (error) {
      this.#failed(batch, error);
    }
  }

  #wrote(batch: readonly Entry[], first: number): void {
    batch.forEach((entry, index) => {
      entry.written = first + index;
    });
    if (this.#ports.sync === undefined) resolveAll(batch, first);
    else this.#syncNext(batch, first, this.#ports.sync());
    this.#wentOn();
  }

  #syncNext(batch: readonly Entry[], first: number, sync: Promise<void>): void {
    this.#syncsUnderWay += 1;
    const end = (): void => {
      this.#syncsUnderWay -= 1;
      if (this.#syncsUnderWay > 0) return;
      if (this.#patience !== undefined) {
        clearTimeout(this.#patience);
        this.#patience = undefined;
        this.#start();
      } else if (!this.#isBusy) this.#idle?.();
    };
    sync.then(
      () => {
        resolveAll(batch, first);
        end();
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
        end();
      },
    );
  }

  #failed(batch: readonly Entry[], error: unknown): void {
    for (const { reject } of batch) reject(error);
    this.#wentOn();
  }

  #wentOn(): void {
    this.#isBusy = false;
    if (this.#waiting.length > 0) this.#start();
    else if (this.#syncsUnderWay === 0) this.#idle?.();
  }

  #takeBatch(): readonly Entry[] {
    let bytes = 0;
    let count = 0;
    for (const { payload } of this.#waiting) {
      bytes += payload.length;
      // The first goes in any case, however long it is.
      if (count > 0 && bytes > MAX_BATCH_BYTES) break;
      if (count === this.#ports.maxBatchRecords) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}

function resolveAll(batch: readonly Entry[], first: number): void {
  batch.forEach(({ resolve }, index) => {
    resolve(first + index);
  });
}
