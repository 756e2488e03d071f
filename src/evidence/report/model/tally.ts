import type { Cell } from './document.js';

/** As many values are told apart; the rest are counted together, so that memory stays bounded. */
const CAPACITY = 100_000;

/** What has been counted of one value, or of several together. */
export interface Count {
  success: number;
  failure: number;
  /** Times of the first and the last, ISO 8601; by the records' times, not their order. */
  first: string;
  last: string;
}

/** One line of a tally. */
export interface Counted {
  /** The parts of the value. */
  readonly value: readonly string[];
  readonly count: Readonly<Count>;
}

/** What a tally has no line for. */
export interface Others {
  readonly values: number;
  readonly count: Readonly<Count>;
}

/** Counts successes and failures by value. */
export class Tally {
  readonly #counted = new Map<
    string,
    { readonly value: readonly string[]; readonly count: Count }
  >();
  readonly #capacity: number;
  #overflow: Count | undefined;

  constructor(capacity = CAPACITY) {
    this.#capacity = capacity;
  }

  /**
   * @param value of as many parts as every other one of this tally; callers of the proxy choose what
   *   stands in some of them
   */
  add(value: readonly string[], time: string, success: boolean): void {
    const count = this.#countOf(value, time);
    if (success) count.success += 1;
    else count.failure += 1;
    if (time < count.first) count.first = time;
    if (time > count.last) count.last = time;
  }

  /** Whether nothing was counted. */
  get empty(): boolean {
    return this.#counted.size === 0;
  }

  /** The values with the highest counts, and the sum of the others. */
  top(limit: number): { readonly lines: readonly Counted[]; readonly others: Others | undefined } {
    const sorted = [...this.#counted].sort(
      ([a, { count: countA }], [b, { count: countB }]) =>
        totalOf(countB) - totalOf(countA) || compare(a, b),
    );
    const lines = sorted.slice(0, limit).map(([, counted]) => counted);
    const rest = sorted.slice(limit).map(([, { count }]) => count);
    if (this.#overflow !== undefined) rest.push(this.#overflow);
    if (rest.length === 0) return { lines, others: undefined };
    return { lines, others: { values: rest.length, count: rest.reduce(sum) } };
  }

  /** Whether some values could not be told apart any more: then `others.values` is too low. */
  get overflowed(): boolean {
    return this.#overflow !== undefined;
  }

  #countOf(value: readonly string[], time: string): Count {
    const key = keyOf(value);
    const known = this.#counted.get(key);
    if (known !== undefined) return known.count;
    const fresh = { success: 0, failure: 0, first: time, last: time };
    if (this.#counted.size < this.#capacity) {
      this.#counted.set(key, { value: value.map(textOf), count: fresh });
      return fresh;
    }
    this.#overflow ??= fresh;
    return this.#overflow;
  }
}

/** Successes and failures. */
export function totalOf({ success, failure }: Readonly<Count>): number {
  return success + failure;
}

/** The line of what is not listed, for a table whose first cells name a value. */
export function othersText(others: Others, overflowed: boolean): Cell {
  return `others (${overflowed ? 'more than ' : ''}${others.values})`;
}

/** A single part as it is, which is fast; several as JSON, in which none can end before its end. */
function keyOf(value: readonly string[]): string {
  const [only] = value;
  return value.length === 1 && typeof only === 'string' ? only : JSON.stringify(value);
}

/** A line that somebody else wrote into the log may have something else where a text should be. */
function textOf(part: unknown): string {
  return typeof part === 'string' ? part : JSON.stringify(part);
}

function sum(a: Readonly<Count>, b: Readonly<Count>): Count {
  return {
    success: a.success + b.success,
    failure: a.failure + b.failure,
    first: a.first < b.first ? a.first : b.first,
    last: a.last > b.last ? a.last : b.last,
  };
}

/** By code units: the same report on every machine. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
