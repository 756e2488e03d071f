import { KeyManagerError } from '../../backend.js';

/** A caller that waits for a reply. Times are on the parent's monotonic clock, in ms. */
export interface Waiter {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly expiresAt: number;
  /** How long its turn may last. */
  readonly stallMs: number;
  /** Whether its turn is one like those that requests wait for, and not a search or a listing. */
  readonly isCipher: boolean;
}

/** One slow turn is a hiccup of the token or of this process; so many in a row are its pace. */
const TURNS_OF_A_PACE = 3;

/** Requests that a child has not answered yet, in the order in which it answers. */
export class Outstanding {
  readonly #waiters = new Map<number, Waiter>();
  /** Whose deadline has passed: their replies come nevertheless. */
  readonly #givenUp = new Set<number>();
  /** Since when it is the first one's turn. */
  #turnSince = 0;
  #lastTurnMs = 0;
  /** The last few, each in its place in turn. */
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

  /** @throws KeyManagerError for a reply to nothing that was asked */
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

  /** Rejects those whose deadline has passed. */
  expire(now: number): void {
    for (const [id, { expiresAt, reject }] of this.#waiters) {
      if (expiresAt > now || this.#givenUp.has(id)) continue;
      this.#givenUp.add(id);
      reject(new KeyManagerError('deadline', 'the token did not answer in time'));
    }
  }

  /** Whether the one whose turn it is takes longer than it may. */
  isStalled(now: number): boolean {
    const [first] = this.#waiters.values();
    return first !== undefined && now - this.#turnSince > first.stallMs;
  }

  /** Whether the last turn took less than that, and this one as well so far. */
  takesLessThan(turnMs: number, now: number): boolean {
    return this.#lastTurnMs < turnMs && now - this.#turnSince < turnMs;
  }

  /** How long one more would take, its own turn included, at the pace of the last few turns. */
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
