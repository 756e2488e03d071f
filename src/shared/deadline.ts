import { afterReading } from './after-reading.js';
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

  /** The deadline of a request that began so many ms earlier than was seen. */
  earlierBy(unseenMs: number): Deadline {
    return new Deadline(this.#clock, this.#endsAt, -unseenMs);
  }

  /** Milliseconds left, never below zero. */
  remainingMs(): number {
    return Math.max(0, this.#endsAt - this.#clock.monotonic());
  }

  hasPassed(): boolean {
    return this.remainingMs() === 0;
  }

  /**
   * Waits for work until the deadline passes and no longer; what has arrived when it passes still
   * counts. The work itself goes on, and how it ends is then nobody's concern: others may wait for
   * it too, or it has its own means to stop.
   *
   * @throws what `onExpiry` makes, or what the work threw
   */
  async race<T>(work: Promise<T>, onExpiry: () => Error): Promise<T> {
    let callOff: (() => void) | undefined;
    const expiry = new Promise<never>((_, reject) => {
      callOff = afterReading(this.remainingMs(), () => {
        reject(onExpiry());
      });
    });
    try {
      return await Promise.race([work, expiry]);
    } finally {
      callOff?.();
    }
  }

  /** Aborts when the deadline passes. Made on first use: a timer a request is not free. */
  get signal(): AbortSignal {
    this.#signal ??= this.#abortedAtEnd();
    return this.#signal;
  }

  #abortedAtEnd(): AbortSignal {
    const controller = new AbortController();
    const abort = (): void => {
      controller.abort(new DOMException('The deadline has passed.', 'TimeoutError'));
    };
    // Nobody calls it off, so it must not keep a process that is done.
    afterReading(Math.ceil(this.remainingMs()), abort, false);
    return controller.signal;
  }
}
