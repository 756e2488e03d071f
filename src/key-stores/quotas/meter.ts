import type { LimitConfig } from './config.js';
import { TokenBucket } from './token-bucket.js';

/** A limit on requests. */
export interface Limit {
  readonly requestsPerSecond: number | undefined;
  readonly burst: number;
  readonly concurrency: number | undefined;
}

/** The part of a limit that was exceeded. */
export type Excess = 'rate' | 'concurrency';

/** Completes a limit with its defaults. */
export function limitOf({ requestsPerSecond, burst, concurrency }: LimitConfig): Limit {
  return { requestsPerSecond, burst: burst ?? requestsPerSecond ?? 0, concurrency };
}

/** The requests of one key store, credential or account: those in work, and their rate. */
export class Meter {
  readonly #bucket = new TokenBucket();
  #inWork = 0;

  /**
   * Lets a request in.
   *
   * @param now in ms, of a clock that never goes back
   * @returns what is exceeded; then the request is not counted
   */
  enter({ requestsPerSecond, burst, concurrency }: Limit, now: number): Excess | undefined {
    if (concurrency !== undefined && this.#inWork >= concurrency) return 'concurrency';
    if (requestsPerSecond !== undefined) {
      if (!this.#bucket.take({ perSecond: requestsPerSecond, burst }, now)) return 'rate';
    }
    this.#inWork += 1;
    return undefined;
  }

  /** A request that was let in is answered. */
  leave(): void {
    this.#inWork -= 1;
  }

  /** A request that was let in was refused elsewhere: it counts for nothing here. */
  takeBack(): void {
    this.leave();
    this.#bucket.giveBack();
  }

  /** True when it differs in nothing from a new one, so that it can be forgotten. */
  isAtRest({ requestsPerSecond, burst }: Limit, now: number): boolean {
    if (this.#inWork > 0) return false;
    if (requestsPerSecond === undefined) return true;
    return this.#bucket.isFull({ perSecond: requestsPerSecond, burst }, now);
  }
}
