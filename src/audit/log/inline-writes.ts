import type { Clock } from '../../shared/clock.js';

/** A write to memory takes some µs; one that takes this long, in ms, has waited for the disk. */
const SLOW_MS = 2;
/** The same in the thread pool, where a busy event loop adds to what can be seen. */
const SLOW_IN_POOL_MS = 20;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** After so long without a slow write the next pause is a short one again. */
const FORGET_MS = 600_000;

/**
 * Decides whether the next write may be made on the event loop itself, which stands still
 * meanwhile. That is cheaper than a thread, and safe as long as the disk below answers at once: a
 * slow write sends all of them to the thread pool for a second, the next one for two, up to a
 * minute. A write that is slow there makes the pause longer, so that a disk that stands still
 * stops the loop once.
 */
export class InlineWrites {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #pauseMs = FIRST_PAUSE_MS;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #lastSlowAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Tells whether the next write may be made on the event loop. */
  get areAllowed(): boolean {
    return this.#clock.monotonic() >= this.#pausedUntil;
  }

  /** Makes a write on the event loop. */
  run(write: () => number): number {
    const begunAt = this.#clock.monotonic();
    try {
      return write();
    } finally {
      const now = this.#clock.monotonic();
      if (now - begunAt > SLOW_MS) this.#pauseAt(now);
    }
  }

  /** Takes note of a write in the thread pool. */
  wroteInPool(begunAt: number): void {
    const now = this.#clock.monotonic();
    if (now - begunAt <= SLOW_IN_POOL_MS) return;
    this.#pausedUntil = Math.max(this.#pausedUntil, now + FIRST_PAUSE_MS);
  }

  #pauseAt(now: number): void {
    const isFirst = now - this.#lastSlowAt > FORGET_MS;
    this.#pauseMs = isFirst ? FIRST_PAUSE_MS : Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    this.#pausedUntil = now + this.#pauseMs;
    this.#lastSlowAt = now;
  }
}
