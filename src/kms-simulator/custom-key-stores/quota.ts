import type { Clock } from '../../shared/clock.js';
import { SECOND_MS } from '../../shared/durations.js';

/** Requests a second that KMS lets through to one external key store. */
export const REQUESTS_PER_SECOND = 1800;

/** A limit of requests in any second, kept by the times of the last ones. */
export class Quota {
  readonly #times: Float64Array;
  readonly #clock: Clock;
  #next = 0;

  constructor(perSecond: number, clock: Clock) {
    this.#times = new Float64Array(perSecond).fill(Number.NEGATIVE_INFINITY);
    this.#clock = clock;
  }

  /** Takes a place for a request. Returns false when the second is full. */
  take(): boolean {
    const now = this.#clock.monotonic();
    const oldest = this.#times[this.#next] ?? Number.NEGATIVE_INFINITY;
    if (now - oldest < SECOND_MS) return false;
    this.#times[this.#next] = now;
    this.#next = (this.#next + 1) % this.#times.length;
    return true;
  }
}
