import { KeyManagerError } from '../../backend.js';

/** Somebody who waits for a reply. Times are on the parent's monotonic clock, in ms. */
export interface Waiter {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly expiresAt: number;
  /** How long its turn may last. */
  readonly stallMs: number;
}

/** What a child has been asked and has not answered, in the order in which it answers. */
export class Outstanding {
  readonly #waiters = new Map<number, Waiter>();
  /** Whose deadline has passed: their replies come nevertheless. */
  readonly #givenUp = new Set<number>();
  /** Since when it is the first one's turn. */
  #turnSince = 0;
  #lastTurnMs = 0;

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
    this.#lastTurnMs = now - this.#turnSince;
    this.#turnSince = now;
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

  /** How long one more would take, its own turn included, if turns go on taking what the last one took. */
  expectedMs(now: number): number {
    if (this.#waiters.size === 0) return 0; // Nothing is known that could speak against trying.
    const restOfThisTurnMs = Math.max(0, this.#lastTurnMs - (now - this.#turnSince));
    return restOfThisTurnMs + this.#waiters.size * this.#lastTurnMs;
  }

  rejectAll(error: Error): void {
    for (const { reject } of this.#waiters.values()) reject(error);
    this.#waiters.clear();
    this.#givenUp.clear();
  }
}
