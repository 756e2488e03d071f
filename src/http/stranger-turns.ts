/** Time that strangers may take in one run of the event loop. */
const BUDGET_MS = 2;

/** Work for somebody who has not been authenticated. */
export interface StrangerWork {
  /** True when the connection was refused before; then others go first. */
  readonly isRefused: boolean;
  /** @returns the ms to charge for what goes on after it has returned */
  takeTurn(): number;
}

/**
 * The time of the event loop that is spent on strangers. When what they want takes longer than
 * its share, they wait in turn, so that between any two shares whoever is authenticated is
 * served. Time is measured, not counted in bytes: whatever an attacker finds out to be slow
 * comes out of the attacker's share.
 */
export class StrangerTurns {
  readonly #fresh = new Queue<StrangerWork>();
  readonly #refused = new Queue<StrangerWork>();
  #spentMs = 0;
  #isScheduled = false;

  /** Does the work now if there is time left in this run of the event loop, else in turn. */
  request(work: StrangerWork): void {
    if (this.#spentMs < BUDGET_MS && this.#fresh.isEmpty && this.#refused.isEmpty) {
      this.#run(work);
    } else {
      (work.isRefused ? this.#refused : this.#fresh).push(work);
    }
    this.#schedule();
  }

  #run(work: StrangerWork): void {
    const startedAt = performance.now();
    const extraMs = work.takeTurn();
    this.#spentMs += performance.now() - startedAt + extraMs;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#nextRun();
    });
  }

  #nextRun(): void {
    this.#spentMs = 0;
    while (this.#spentMs < BUDGET_MS) {
      const work = this.#fresh.shift() ?? this.#refused.shift();
      if (work === undefined) return;
      this.#run(work);
    }
    this.#schedule();
  }
}

/** First in, first out, without moving what waits: an array's `shift` moves all of it. */
class Queue<Item> {
  readonly #items = new Set<Item>();

  get isEmpty(): boolean {
    return this.#items.size === 0;
  }

  push(item: Item): void {
    this.#items.add(item);
  }

  shift(): Item | undefined {
    for (const first of this.#items) {
      this.#items.delete(first);
      return first;
    }
    return undefined;
  }
}
