import type { IndexedEvent } from './event-index.js';
import { Listing } from './listing.js';
import type { Match } from './match.js';
import type { Matched } from './outcome.js';
import { isWithin, type Period } from './period.js';

/** Counts the calls that were matched to events. */
export class MatchedCalls {
  #calls = 0;
  #failedInKms = 0;
  #repeats = 0;

  /** Counts a call after the event has noted it. */
  add({ event, at }: Match): void {
    if (event.found(at) > 1) {
      this.#repeats += 1;
      return;
    }
    this.#calls += 1;
    if (event.caller.errorCode !== undefined) this.#failedInKms += 1;
  }

  /**
   * @param events all of them, after all calls
   * @param period of the events whose repeats are told
   */
  count(events: Iterable<IndexedEvent>, period: Period): Matched {
    const repeatedTooOften = new Listing<{ requestId: string; calls: number }>();
    for (const event of events) {
      const { requestId } = event;
      const most = Math.max(event.found(0), event.found(1));
      // KMS repeats a call that timed out once, with the same request id.
      if (most > 2 && isWithin(period, event.time))
        repeatedTooOften.add({ requestId, calls: most });
    }
    return {
      calls: this.#calls,
      failedInKms: this.#failedInKms,
      repeats: this.#repeats,
      repeatedTooOften: repeatedTooOften.listed(),
    };
  }
}
