const FIRST_MS = 100;
const LONGEST_MS = 30_000;

/**
 * How long to wait before the next attempt: twice as long each time, and not the same for all
 * replicas.
 */
export class Backoff {
  readonly #random: () => number;
  #ceilingMs = FIRST_MS;

  /** @param random from 0 to less than 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** @returns between half and all of 100 ms the first time, and of 30 s in the end */
  nextMs(): number {
    const ceilingMs = this.#ceilingMs;
    this.#ceilingMs = Math.min(LONGEST_MS, ceilingMs * 2);
    return Math.round(ceilingMs * (0.5 + this.#random() / 2));
  }

  /** After an attempt that came to something. */
  reset(): void {
    this.#ceilingMs = FIRST_MS;
  }
}
