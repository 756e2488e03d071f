import { randomFill } from 'node:crypto';
import type { Clock } from '../../shared/clock.js';

/** Longest wait for a thread pool whose threads are all busy. */
const POOL_PATIENCE_MS = 2_000;

/**
 * Waits until the event loop knows of every file call that had ended by now. The thread pool begins
 * its jobs in their order, so when a job that is handed over now comes back, all earlier ones have
 * begun, and the ends of those that have ended are known.
 *
 * @param patienceMs longest wait for a pool whose threads are all busy
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

/** The type of {@link poolTurn}. */
export type PoolTurn = (patienceMs: number) => Promise<void>;

/**
 * The calls of the file system that are under way. The time that one takes is only in part that of
 * the disk: while the event loop or the thread pool is busy, the end of a call is not known.
 */
export class FileCalls {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #turn: PoolTurn;
  /** The time at which each call began; the oldest first. */
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
   * Tells whether a call has taken so long, and is still under way when the event loop knows of all
   * calls that have ended.
   */
  async isStuck(limitMs: number): Promise<boolean> {
    const [oldest] = this.#underWay;
    if (oldest === undefined || this.#clock.monotonic() - oldest[1] < limitMs) return false;
    await this.#turn(POOL_PATIENCE_MS);
    return this.#underWay.has(oldest[0]);
  }
}
