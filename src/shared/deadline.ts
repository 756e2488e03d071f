import type { Clock } from './clock.js';

/**
 * The moment by which a request must be answered. KMS gives 250 ms for the whole call, of
 * which up to three round trips of 35 ms may be gone before the first byte of a request arrives.
 *
 * @see XKS Proxy API, section GetKeyMetadata, "KMS Considerations"
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #endsAt: number;
  #signal: AbortSignal | undefined;

  /**
   * @param startedAt `clock.monotonic()` when the request began, in ms
   * @param budgetMs how long the answer may take from then on
   */
  constructor(clock: Clock, startedAt: number, budgetMs: number) {
    this.#clock = clock;
    this.#endsAt = startedAt + budgetMs;
  }

  /** A deadline that begins now. */
  static after(clock: Clock, budgetMs: number): Deadline {
    return new Deadline(clock, clock.monotonic(), budgetMs);
  }

  /** Milliseconds left, never below zero. */
  remainingMs(): number {
    return Math.max(0, this.#endsAt - this.#clock.monotonic());
  }

  hasPassed(): boolean {
    return this.remainingMs() === 0;
  }

  /** Aborts when the deadline passes. Made on first use: a timer a request is not free. */
  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.timeout(Math.ceil(this.remainingMs()));
    return this.#signal;
  }
}
