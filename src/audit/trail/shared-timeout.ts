import type { Clock } from '../../shared/clock.js';
import { type PoolTurn, poolTurn } from '../log/file-calls.js';

/** A deadline is passed by at most so much where all threads that call the file system are busy. */
const POOL_PATIENCE_MS = 50;

interface Wait {
  readonly expiresAt: number;
  readonly expire: (overdueMs: number) => void;
  /** True when the work has ended. */
  isOver: boolean;
  /** Its neighbours in the list of all waits; none once it is out of the list. */
  older: Wait | undefined;
  newer: Wait | undefined;
}

/**
 * Waits for many things, for each until a moment of its own, with one timer: one a request would
 * cost more than its record. Nothing is too late while the event loop has not been told of its end:
 * a timer comes before the results of file calls when the loop was busy with other things.
 */
export class SharedTimeout {
  readonly #clock: Clock;
  readonly #turn: PoolTurn;
  /**
   * The newest of the waits, which are a linked list. A Set that takes and loses an entry a request
   * has to make its table anew after a few dozen, in V8's old generation; the tables before stay
   * there until the next full collection, and all that they name with them.
   */
  #newest: Wait | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, turn: PoolTurn = poolTurn) {
    this.#clock = clock;
    this.#turn = turn;
  }

  /**
   * Waits for work, which goes on whatever becomes of the wait.
   *
   * @param expiresAt in the clock's monotonic time, in ms
   * @param onExpiry is told by how many ms the loop was late
   * @throws what the work threw, or what `onExpiry` makes
   */
  race<T>(work: Promise<T>, expiresAt: number, onExpiry: (overdueMs: number) => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const wait: Wait = {
        expiresAt,
        expire: (overdueMs) => {
          reject(onExpiry(overdueMs));
        },
        isOver: false,
        older: undefined,
        newer: undefined,
      };
      this.#add(wait);
      this.#wakeAt(expiresAt);
      work.then(resolve, reject).finally(() => {
        wait.isOver = true;
        this.#remove(wait);
      });
    });
  }

  #add(wait: Wait): void {
    wait.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = wait;
    this.#newest = wait;
  }

  /** Removes a wait, or does nothing where it is out of the list. */
  #remove(wait: Wait): void {
    const { older, newer } = wait;
    if (older !== undefined) older.newer = newer;
    if (newer !== undefined) newer.older = older;
    else if (this.#newest === wait) this.#newest = older;
    wait.older = undefined;
    wait.newer = undefined;
  }

  *#all(): Iterable<Wait> {
    for (let wait = this.#newest; wait !== undefined; wait = wait.older) yield wait;
  }

  /**
   * Nearly all waits have the same length, so the timer that is running is hardly ever too late.
   */
  #wakeAt(moment: number): void {
    if (moment >= this.#wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = moment;
    const inMs = Math.max(0, Math.ceil(moment - this.#clock.monotonic()));
    this.#timer = setTimeout(() => void this.#expire(), inMs).unref();
  }

  async #expire(): Promise<void> {
    const now = this.#clock.monotonic();
    const waits = [...this.#all()];
    const due = waits.filter(({ expiresAt }) => expiresAt <= now);
    const left = waits.filter(({ expiresAt }) => expiresAt > now);
    this.#wakesAt = Number.POSITIVE_INFINITY;
    if (left.length > 0) this.#wakeAt(Math.min(...left.map(({ expiresAt }) => expiresAt)));
    if (due.length === 0) return;
    for (const wait of due) this.#remove(wait);
    await this.#turn(POOL_PATIENCE_MS);
    for (const wait of due) {
      if (!wait.isOver) wait.expire(now - wait.expiresAt);
    }
  }
}
