import { type Clock, systemClock } from '../../src/shared/clock.js';

/** The machine's clock, with leaps ahead for what would otherwise be waited for. */
export class LeapingClock implements Clock {
  #aheadMs = 0;

  now(): number {
    return systemClock.now() + this.#aheadMs;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#aheadMs;
  }

  leap(ms: number): void {
    this.#aheadMs += ms;
  }
}
