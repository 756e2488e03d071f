/** Calls that the averages look back on. */
const AVERAGED_CALLS = 32;
/** Calls of one request that are told apart; further ones are like the last of these. */
const MAX_PLACES = 4;

/**
 * The time that calls of a node take, by their place among the calls of their request: an Encrypt
 * may be two, so whoever waits for the first one waits for the second one, too.
 */
export class CallDurations {
  /** Averages by place, in ms. */
  readonly #averagesMs: number[] = [];
  /** Calls by place, those of long ago counting less. */
  readonly #counts: number[] = [];

  /** @param place 0 for the first call of a request */
  note(place: number, durationMs: number): void {
    const index = Math.min(place, MAX_PLACES - 1);
    const known = this.#averagesMs[index] ?? durationMs;
    this.#averagesMs[index] = known + (durationMs - known) / AVERAGED_CALLS;
    for (let each = 0; each <= Math.max(index, this.#counts.length - 1); each += 1) {
      const count = this.#counts[each] ?? 0;
      this.#counts[each] = count - count / AVERAGED_CALLS + (each === index ? 1 : 0);
    }
  }

  /** The usual time from a call of this place to the end of its request, without any waiting. */
  untilEndMs(place: number): number {
    const first = Math.min(place, MAX_PLACES - 1);
    const count = this.#counts[first] ?? 0;
    let totalMs = this.#averagesMs[first] ?? 0;
    for (let each = first + 1; each < this.#averagesMs.length; each += 1) {
      const share = count === 0 ? 1 : Math.min(1, (this.#counts[each] ?? 0) / count);
      totalMs += share * (this.#averagesMs[each] ?? 0);
    }
    return totalMs;
  }
}
