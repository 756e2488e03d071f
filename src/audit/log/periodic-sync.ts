import type { Clock } from '../../shared/clock.js';

/** Between the end of one and the beginning of the next, in ms. */
const EVERY_MS = 1_000;

/**
 * Syncs a log about once a second that nobody waits for. They meet a disk that stands still before
 * a write on the event loop does: while one is under way, writes are made beside the loop.
 */
export class PeriodicSync {
  readonly #sync: () => Promise<void>;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #dueAt = Number.NEGATIVE_INFINITY;

  /** @param sync tells of its failure itself */
  constructor(sync: () => Promise<void>, clock: Pick<Clock, 'monotonic'>) {
    this.#sync = sync;
    this.#clock = clock;
  }

  /** Begins a sync when it is time for one. */
  recordsAdded(): void {
    if (this.#clock.monotonic() < this.#dueAt) return;
    this.#dueAt = Number.POSITIVE_INFINITY;
    const end = (): void => {
      this.#dueAt = this.#clock.monotonic() + EVERY_MS;
    };
    this.#sync().then(end, end);
  }
}
