import { randomFill } from 'node:crypto';
import type { Clock } from '../../shared/clock.js';

/** Longest wait for a pool whose threads are all busy. */
const POOL_PATIENCE_MS = 2_000;

/**
 * Waits until the event loop has been told of every file call that had ended by now. Work for the
 * thread pool is begun in its order, so when a job that is given to it now comes back, what was
 * given before is at work, and what has ended of it has been delivered.
 *
 * @param patienceMs how long a pool is waited for whose threads are all busy
 */
export function poolTurn(patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    // After the phase of the event loop in which results are delivered.
    const giveUp = setTimeout(() => setImmediate(resolve), patienceMs);
    randomFill(Buffer.alloc(1), () => {
      clearTimeout(giveUp);
      resolve();
    });
  });
}

/** Waits until results have been delivered. @see poolTurn */
export type PoolTurn = (patienceMs: number) => Promise<void>;

/**
 * Calls of the file system that are under way. How long one takes is the disk's doing only in part:
 * while the event loop or the threads that make such calls are busy, its end is not known.
 */
export class FileCalls {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #turn: PoolTurn;
  /** Time at which each was begun; the oldest first. */
  readonly #underWay = new Map<symbol, number>();

  constructor(clock: Pick<Clock, 'monotonic'>, turn: PoolTurn = poolTurn) {
    this.#clock = clock;
    this.#turn = turn;
  }

  /** Makes a call. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const key = Symbol('call');
    this.#underWay.set(key, this.#clock.monotonic());
    try {
      return await call();
    } finally {
      this.#underWay.delete(key);
    }
  }

  /**
   * Tells whether a call has taken so long, and is still under way when the event loop has been
   * told of all that has ended.
   */
  async isStuck(limitMs: number): Promise<boolean> {
    const [oldest] = this.#underWay;
    if (oldest === undefined || this.#clock.monotonic() - oldest[1] < limitMs) return false;
    await this.#turn(POOL_PATIENCE_MS);
    return this.#underWay.has(oldest[0]);
  }
}
