/** The bounds of a wait before the next attempt. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * The wait before the next attempt: twice as long each time, and not the same for all replicas.
 */
export class Backoff {
  readonly #random: () => number;
  readonly #bounds: BackoffBounds;
  #ceilingMs: number;

  /** @param random from 0 to less than 1 */
  constructor(random: () => number, bounds: BackoffBounds) {
    this.#random = random;
    this.#bounds = bounds;
    this.#ceilingMs = bounds.firstMs;
  }

  /** Draws the next wait: between half and all of the first one, and of the longest in the end. */
  nextMs(): number {
    const ceilingMs = this.#ceilingMs;
    this.#ceilingMs = Math.min(this.#bounds.longestMs, ceilingMs * 2);
    return Math.round(ceilingMs * (0.5 + this.#random() / 2));
  }

  /** Begins anew, after an attempt that came to something. */
  reset(): void {
    this.#ceilingMs = this.#bounds.firstMs;
  }
}
