/** Calls of a span, as a multiple of those that go on at once. */
const SPAN_TIMES = 2;
const MIN_SPAN = 8;
/** Part of those that go on at once that may end too late in a span. */
const MAX_LATE_PART = 0.25;
const MIN_LATE = 4;
/** Calls that take so many times as long as with half of them at once wait for each other. */
const IN_VAIN = 1.6;
/** Calls that take so many times as long as with half of them at once hardly do. */
const OF_USE = 1.15;
const GROWTH = 1.25;
/** Spans until half as many are tried again, where all of them were of use. */
const SPANS_UNTIL_TRIED = { growing: 2, full: 32 } as const;

/** A call that has ended. */
export interface EndedCall {
  readonly durationMs: number;
  /** The span in which it began. */
  readonly span: number;
  /** True when it did not end in time. */
  readonly isLate: boolean;
}

/** The load of a node when a call ends. */
export interface NodeLoad {
  /** True when others wait for their turn. */
  readonly isWanted: boolean;
  /** True when calls take so long that they may be too many at once. */
  readonly isSlow: boolean;
}

/**
 * The calls that a node works on at once. Where it has fewer hands than may call it, its calls wait
 * within it, unseen, and all are late. So while calls wait here and those at the node take long,
 * half as many are let through for a moment: if each takes about half as long, the other half was
 * of no use. Where many end too late, there are half as many at once.
 */
export class ConcurrencyLimit {
  readonly #max: number;
  #limit: number;
  #isHalved = false;
  #span = 0;
  #ended = 0;
  #late = 0;
  #totalMs = 0;
  #wholeMs = 0;
  #spansUntilTried = 0;

  constructor(max: number) {
    this.#max = max;
    this.#limit = max;
  }

  /** The number of calls at once, for now. */
  get current(): number {
    return this.#isHalved ? Math.ceil(this.#limit / 2) : this.#limit;
  }

  /** Names the span of time that a call begins in. */
  get span(): number {
    return this.#span;
  }

  /** Takes note of a call that has ended. */
  note({ durationMs, span, isLate }: EndedCall, load: NodeLoad): void {
    if (span !== this.#span) return;
    this.#ended += 1;
    this.#totalMs += durationMs;
    if (isLate) this.#late += 1;
    if (!this.#isLate && this.#ended < Math.max(MIN_SPAN, SPAN_TIMES * this.current)) return;
    this.#endSpan(load);
    this.#span += 1;
    this.#ended = 0;
    this.#late = 0;
    this.#totalMs = 0;
  }

  get #isLate(): boolean {
    return this.#late >= Math.max(MIN_LATE, MAX_LATE_PART * this.current);
  }

  #endSpan({ isWanted, isSlow }: NodeLoad): void {
    const averageMs = this.#totalMs / this.#ended;
    if (this.#isLate) {
      this.#limit = Math.ceil(this.current / 2);
      this.#isHalved = false;
    } else if (this.#isHalved) this.#compare(averageMs);
    else if (isWanted && isSlow) this.#halve(averageMs);
    else if (isWanted) this.#grow();
  }

  #halve(averageMs: number): void {
    this.#spansUntilTried -= 1;
    if (this.#spansUntilTried > 0) return;
    this.#wholeMs = averageMs;
    this.#isHalved = true;
  }

  #compare(halfMs: number): void {
    const ratio = this.#wholeMs / halfMs;
    if (ratio >= IN_VAIN) this.#limit = this.current;
    else if (ratio <= OF_USE) this.#grow();
    const isFull = ratio < IN_VAIN && this.#limit === this.#max;
    this.#spansUntilTried = SPANS_UNTIL_TRIED[isFull ? 'full' : 'growing'];
    this.#isHalved = false;
  }

  #grow(): void {
    this.#limit = Math.min(this.#max, Math.ceil(this.#limit * GROWTH));
  }
}
