import type { IndexedCall, IndexedEvent } from './event-index.js';
import { Listing } from './listing.js';
import type { Matched } from './outcome.js';

/** Counts the calls that were matched to events. */
export class MatchedCalls {
  #calls = 0;
  #failedInKms = 0;
  #repeats = 0;

  /** @param call after it was found, however often */
  add({ errorCode }: IndexedEvent, call: IndexedCall): void {
    if (call.found > 1) {
      this.#repeats += 1;
      return;
    }
    this.#calls += 1;
    if (errorCode !== undefined) this.#failedInKms += 1;
  }

  /** @param events all of them, after all calls */
  count(events: Iterable<IndexedEvent>): Matched {
    const repeatedTooOften = new Listing<{ requestId: string; calls: number }>();
    for (const { requestId, calls } of events) {
      const most = Math.max(...calls.map(({ found }) => found));
      // KMS repeats a call that timed out once, with the same request id.
      if (most > 2) repeatedTooOften.add({ requestId, calls: most });
    }
    return {
      calls: this.#calls,
      failedInKms: this.#failedInKms,
      repeats: this.#repeats,
      repeatedTooOften: repeatedTooOften.listed(),
    };
  }
}
