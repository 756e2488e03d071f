import { KeyManagerError } from '../../backend.js';

/** A caller that waits for a reply. Times are on the parent's monotonic clock, in ms. */
export interface Waiter {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly expiresAt: number;
  /** Time after which its native call counts as hung, in ms. */
  readonly stallMs: number;
  /** True for Encrypt and Decrypt; false for a search or a listing, which take longer. */
  readonly isCipher: boolean;
}

/** Number of turns of which the fastest counts as the pace: one slow turn is an exception. */
const TURNS_OF_A_PACE = 3;

/** The requests that a child has not answered yet, in the order of its answers. */
export class Outstanding {
  readonly #waiters = new Map<number, Waiter>();
  /** Requests whose deadline has passed; their replies still come. */
  readonly #givenUp = new Set<number>();
  /** Time at which the turn of the first request began. */
  #turnSince = 0;
  #lastTurnMs = 0;
  /** Durations of the last turns, in a ring. */
  readonly #turnsMs: number[] = Array.from({ length: TURNS_OF_A_PACE }, () => 0);
  #turns = 0;
  #paceMs = 0;

  get size(): number {
    return this.#waiters.size;
  }

  add(id: number, waiter: Waiter, now: number): void {
    if (this.#waiters.size === 0) this.#turnSince = now;
    this.#waiters.set(id, waiter);
  }

  /** Removes the request that a reply answers. @throws KeyManagerError where there is none */
  take(id: number, now: number): Waiter {
    const waiter = this.#waiters.get(id);
    if (waiter === undefined) throw new KeyManagerError('internal', 'a reply without a request');
    this.#waiters.delete(id);
    this.#givenUp.delete(id);
    const turnMs = now - this.#turnSince;
    this.#turnSince = now;
    // The child skips whoever is too late at once, which says nothing of the token.
    if (waiter.expiresAt <= now && turnMs < this.#paceMs) return waiter;
    this.#lastTurnMs = turnMs;
    if (waiter.isCipher) {
      this.#turnsMs[this.#turns++ % TURNS_OF_A_PACE] = turnMs;
      this.#paceMs = Math.min(...this.#turnsMs);
    }
    return waiter;
  }

  /** Rejects the requests whose deadline has passed. */
  expire(now: number): void {
    for (const [id, { expiresAt, reject }] of this.#waiters) {
      if (expiresAt > now || this.#givenUp.has(id)) continue;
      this.#givenUp.add(id);
      reject(new KeyManagerError('deadline', 'the token did not answer in time'));
    }
  }

  /** Tells whether the request whose turn it is takes longer than it may. */
  isStalled(now: number): boolean {
    const [first] = this.#waiters.values();
    return first !== undefined && now - this.#turnSince > first.stallMs;
  }

  /** Tells whether the last turn took less than this, and the present one has so far. */
  takesLessThan(turnMs: number, now: number): boolean {
    return this.#lastTurnMs < turnMs && now - this.#turnSince < turnMs;
  }

  /** Estimates when one more request would be answered, at the pace of the last turns. */
  expectedMs(now: number): number {
    if (this.#waiters.size === 0) return 0; // Nothing is known that could speak against trying.
    const restOfThisTurnMs = Math.max(0, this.#paceMs - (now - this.#turnSince));
    return restOfThisTurnMs + this.#waiters.size * this.#paceMs;
  }

  rejectAll(error: Error): void {
    for (const { reject } of this.#waiters.values()) reject(error);
    this.#waiters.clear();
    this.#givenUp.clear();
  }
}
