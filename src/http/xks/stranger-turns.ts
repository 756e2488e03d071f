/** Time for unauthenticated clients in one turn of the event loop. */
const BUDGET_MS = 2;
/**
 * Rest of clients that were refused before, as a multiple of the time that their work took in one
 * turn of the event loop; others are accepted meanwhile. They rest together: a rest after each of
 * them would cost more, in timers and in answers written alone, than the request.
 */
const REST_TIMES = 4;
/** Newcomers that may wait; the one that has waited longest gives way to the next. */
const MAX_NEWCOMERS = 1_024;

/** Work for a client that has not been authenticated. */
export interface StrangerWork {
  /** True while the connection is new, and may be from KMS. */
  readonly isNew: boolean;
  /** True when the connection was refused before; then others go first. */
  readonly isRefused: boolean;
  /** @returns the ms to charge for what goes on after it has returned */
  takeTurn(): number;
  /** Ends the connection: it has waited too long. */
  giveWay(): void;
}

/**
 * The time of the event loop that is spent on strangers. When what they want takes longer than
 * its share, they wait in turn, so that between any two shares whoever is authenticated is
 * served. Time is measured, not counted in bytes: whatever an attacker finds out to be slow
 * comes out of the attacker's share.
 *
 * The newcomer who came last is served first. In a queue that is longer than KMS waits, whoever is
 * served in the order of arrival is served too late, every one of them.
 */
export class StrangerTurns {
  readonly #newcomers: StrangerWork[] = [];
  readonly #fresh = new Queue<StrangerWork>();
  readonly #refused = new Queue<StrangerWork>();
  #spentMs = 0;
  #totalMs = 0;
  #refusedMs = 0;
  #refusedRestUntil = 0;
  #isScheduled = false;
  /** Set where nobody waits but those who were refused and rest. */
  #afterRest: NodeJS.Timeout | undefined;

  /** True when strangers have had work done in this turn of the event loop, or will at its end. */
  get isScheduled(): boolean {
    return this.#isScheduled;
  }

  /** All time that strangers have had, in ms. */
  get totalMs(): number {
    return this.#totalMs;
  }

  /** Does the work now if there is time left in this turn of the event loop, else later. */
  request(work: StrangerWork): void {
    const mayRun = !work.isRefused || this.#refusedRestMs <= 0;
    if (this.#spentMs < BUDGET_MS && this.#isIdle && mayRun) this.#run(work);
    else this.#wait(work);
    this.#schedule();
  }

  get #isIdle(): boolean {
    return this.#newcomers.length === 0 && this.#fresh.isEmpty && this.#refused.isEmpty;
  }

  #wait(work: StrangerWork): void {
    if (work.isRefused) this.#refused.push(work);
    else if (!work.isNew) this.#fresh.push(work);
    else {
      this.#newcomers.push(work);
      if (this.#newcomers.length > MAX_NEWCOMERS) this.#newcomers.shift()?.giveWay();
    }
  }

  #run(work: StrangerWork): void {
    const startedAt = performance.now();
    // Before its turn: it may be refused in it for the first time.
    const { isRefused } = work;
    const extraMs = work.takeTurn();
    const now = performance.now();
    const turnMs = now - startedAt + extraMs;
    this.#spentMs += turnMs;
    this.#totalMs += turnMs;
    if (isRefused) this.#refusedMs += turnMs;
  }

  /** Begins the rest after what was done for the refused. */
  #beginRest(): void {
    if (this.#refusedMs === 0) return;
    this.#refusedRestUntil = performance.now() + REST_TIMES * this.#refusedMs;
    this.#refusedMs = 0;
  }

  get #refusedRestMs(): number {
    return this.#refusedRestUntil - performance.now();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    clearTimeout(this.#afterRest);
    const restMs = this.#refusedRestMs;
    if (this.#newcomers.length === 0 && this.#fresh.isEmpty && restMs > 0) {
      this.#afterRest = setTimeout(() => {
        this.#nextRun();
      }, restMs);
      return;
    }
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#nextRun();
    });
  }

  #nextRun(): void {
    this.#spentMs = 0;
    this.#beginRest();
    // One at least of each, so that neither newcomers nor requests without end stop the others.
    for (const work of [this.#newcomers.pop(), this.#nextGoingOn()]) {
      if (work !== undefined) this.#run(work);
    }
    while (this.#spentMs < BUDGET_MS) {
      const work = this.#newcomers.pop() ?? this.#nextGoingOn();
      if (work === undefined) break;
      this.#run(work);
    }
    this.#beginRest();
    if (!this.#isIdle) this.#schedule();
  }

  #nextGoingOn(): StrangerWork | undefined {
    const fresh = this.#fresh.shift();
    if (fresh !== undefined || this.#refusedRestMs > 0) return fresh;
    return this.#refused.shift();
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
