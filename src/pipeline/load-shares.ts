import type { Clock } from '../shared/clock.js';

const SPAN_MS = 1_000;
/** Accounts that are counted each by itself; all others are one. */
const MAX_ACCOUNTS = 1_000;
const OTHERS = 'others';

type Counts = Map<string, number>;

/** The requests of each account in the present second and the one before. */
export class LoadShares {
  readonly #clock: Clock;
  #before: Counts = new Map();
  #now: Counts = new Map();
  #total = 0;
  #begunAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts a request.
   *
   * @returns whether its account sends more than the average of all that send anything
   */
  note(account: string): boolean {
    this.#turnOver();
    const name = this.#now.has(account) || this.#now.size < MAX_ACCOUNTS ? account : OTHERS;
    const present = 1 + (this.#now.get(name) ?? 0);
    this.#now.set(name, present);
    this.#total += 1;
    const accounts = Math.max(this.#now.size, this.#before.size);
    return present + (this.#before.get(name) ?? 0) > this.#total / accounts;
  }

  #turnOver(): void {
    const now = this.#clock.monotonic();
    const spans = (now - this.#begunAt) / SPAN_MS;
    if (spans < 1) return;
    this.#before = spans < 2 ? this.#now : new Map<string, number>();
    this.#now = new Map();
    this.#begunAt = now;
    this.#total = 0;
    for (const count of this.#before.values()) this.#total += count;
  }
}
