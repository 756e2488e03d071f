/** A rate with a burst. */
export interface Rate {
  readonly perSecond: number;
  /** Most that may come at once. */
  readonly burst: number;
}

/** Thousandths in a token: a rate per second is as many of them per millisecond. */
const TOKEN = 1_000;

/**
 * A token bucket: a request takes a token, tokens come back at a rate, and there are never more
 * than the burst. The rate is told with each call, so that a bucket outlives a change of it.
 */
export class TokenBucket {
  /** Thousandths of a token that are missing: none in a new bucket, whatever its size. */
  #missing = 0;
  #at = 0;

  /**
   * Takes a token.
   *
   * @param now in ms, of a clock that never goes back
   * @returns false where there is none
   */
  take(rate: Rate, now: number): boolean {
    this.#refill(rate, now);
    if (this.#missing + TOKEN > rate.burst * TOKEN) return false;
    this.#missing += TOKEN;
    return true;
  }

  /** Gives back a token that was taken for nothing. */
  giveBack(): void {
    this.#missing = Math.max(0, this.#missing - TOKEN);
  }

  /** True when no token is missing: the bucket is as good as a new one. */
  isFull(rate: Rate, now: number): boolean {
    this.#refill(rate, now);
    return this.#missing === 0;
  }

  /** A smaller burst than before forgives what it could not hold. */
  #refill({ perSecond, burst }: Rate, now: number): void {
    const refilled = this.#missing - (now - this.#at) * perSecond;
    this.#missing = Math.min(burst * TOKEN, Math.max(0, refilled));
    this.#at = now;
  }
}
