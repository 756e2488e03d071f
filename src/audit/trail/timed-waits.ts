import type { Clock } from '../../shared/clock.js';

interface Wait {
  readonly expiresAt: number;
  readonly expire: () => void;
}

/** Waits for many things, for each until a moment of its own, with one timer: one a request would cost more than its record. */
export class TimedWaits {
  readonly #clock: Clock;
  readonly #waits = new Set<Wait>();
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits for work, which goes on whatever becomes of the wait.
   *
   * @param expiresAt in the clock's monotonic time, in ms
   * @throws what the work threw, or what `onExpiry` makes
   */
  race<T>(work: Promise<T>, expiresAt: number, onExpiry: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const wait: Wait = {
        expiresAt,
        expire: () => {
          reject(onExpiry());
        },
      };
      this.#waits.add(wait);
      this.#wakeAt(expiresAt);
      work.then(resolve, reject).finally(() => {
        this.#waits.delete(wait);
      });
    });
  }

  /** Nearly all waits have the same length, so the timer that is running is hardly ever too late. */
  #wakeAt(moment: number): void {
    if (moment >= this.#wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = moment;
    const inMs = Math.max(0, Math.ceil(moment - this.#clock.monotonic()));
    this.#timer = setTimeout(() => {
      this.#expire();
    }, inMs).unref();
  }

  #expire(): void {
    const now = this.#clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    for (const wait of this.#waits) {
      if (wait.expiresAt > now) {
        next = Math.min(next, wait.expiresAt);
        continue;
      }
      this.#waits.delete(wait);
      wait.expire();
    }
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.#wakeAt(next);
  }
}
