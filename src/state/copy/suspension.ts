import type { Clock } from '../../shared/clock.js';
import { LEASE_MS } from '../store.js';

/** The time between two looks at the clock. */
const LOOK_MS = 500;
/** Less than what is left of a lease just before it is renewed: others still wait for it. */
const LONGEST_MS = LEASE_MS / 4;

/**
 * Notices that the process was suspended, or its machine: meanwhile its lease may have ended, and
 * others may have destroyed what it has in memory, before any of its own questions could fail.
 */
export class Suspension {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #seenAt: number;
  #returnedAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#seenAt = clock.monotonic();
  }

  /** True from the return on until a question to the store that began since is over. */
  get hasReturned(): boolean {
    this.#look();
    return this.#returnedAt !== undefined;
  }

  /** Begins to look at the clock, unless it does already. */
  start(): void {
    this.#timer ??= setInterval(() => {
      this.#look();
    }, LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Asks the store a question: whatever comes of it, it counts from its beginning. */
  async during(ask: () => Promise<void>): Promise<void> {
    this.#look();
    const begunAt = this.#clock.monotonic();
    try {
      await ask();
    } finally {
      this.#look();
      if (begunAt >= (this.#returnedAt ?? Infinity)) this.#returnedAt = undefined;
    }
  }

  #look(): void {
    const now = this.#clock.monotonic();
    if (now - this.#seenAt > LONGEST_MS) this.#returnedAt = now;
    this.#seenAt = now;
  }
}
