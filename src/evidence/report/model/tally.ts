import { type ColumnTitles, columns, type Row, type Table } from './document.js';

/** Maximum values that are told apart. The rest are counted together, to bound the memory. */
const CAPACITY = 50_000;
/** Characters of all values that are told apart: one can have 2,000. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

const COUNTS: ColumnTitles = {
  total: ['Total', 'count'],
  success: ['Succeeded', 'count'],
  failure: ['Failed', 'count'],
  first: ['First', 'time'],
  last: ['Last', 'time'],
};

/** Counts of one value, or of several together. */
export interface Count {
  success: number;
  failure: number;
  /** Times of the first and the last, in ms since 1970; by the records' times, not their order. */
  firstMs: number;
  lastMs: number;
}

/** One value of a tally. */
export interface CountedValue {
  /** The parts of the value. */
  readonly value: readonly string[];
  readonly count: Readonly<Count>;
}

/** The declaration of a tally's table. */
export interface TallyShape {
  readonly id: string;
  readonly title: string;
  /** Titles of the columns for the parts of a value. */
  readonly parts: ColumnTitles;
  /** A bar in each row. */
  readonly chart?: 'bars';
  /** Rows at most; those with the highest counts. */
  readonly limit: number;
}

/** A value, or the parts that several begin with. */
class Node {
  readonly value: readonly string[];
  count: Count | undefined;
  below: Map<string, Node> | undefined;

  constructor(value: readonly string[]) {
    this.value = value;
  }

  /** The node of the next part, which is made where it is missing. */
  descend(part: string): Node {
    this.below ??= new Map();
    const known = this.below.get(part);
    if (known !== undefined) return known;
    const node = new Node([...this.value, part]);
    this.below.set(part, node);
    return node;
  }

  /** Adds every value below to a list. */
  collect(counted: CountedValue[]): void {
    const { value, count } = this;
    if (count !== undefined) counted.push({ value, count });
    if (this.below !== undefined) for (const node of this.below.values()) node.collect(counted);
  }
}

/** Counts successes and failures by value, for a table of the highest counts. */
export class Tally {
  readonly #shape: TallyShape;
  readonly #root = new Node([]);
  readonly #capacity: number;
  /** The value that came last, if it has one part: it often comes again. */
  #lastPart: string | undefined;
  #lastCount: Count | undefined;
  #size = 0;
  #characters = 0;
  #overflow: Count | undefined;

  constructor(shape: TallyShape, capacity = CAPACITY) {
    this.#shape = shape;
    this.#capacity = capacity;
  }

  /**
   * @param value as many parts as the shape has; callers of the proxy choose what stands in some of
   *   them
   */
  add(value: readonly string[], timeMs: number, success: boolean): void {
    const [only] = value;
    const isRepeated = only === this.#lastPart && value.length === 1;
    const count = (isRepeated ? this.#lastCount : undefined) ?? this.#countOf(value, timeMs);
    this.#lastPart = only;
    this.#lastCount = count;
    if (success) count.success += 1;
    else count.failure += 1;
    if (timeMs < count.firstMs) count.firstMs = timeMs;
    if (timeMs > count.lastMs) count.lastMs = timeMs;
  }

  /** Adds what was counted of a value elsewhere. */
  merge(value: readonly string[], counted: Readonly<Count>): void {
    const count = this.#countOf(value, counted.firstMs);
    Object.assign(count, together(count, counted));
  }

  /** Tells whether a value is among those that are told apart. */
  has(value: readonly string[]): boolean {
    return this.#nodeOf(value)?.count !== undefined;
  }

  /** True when some values are counted together. */
  get overflowed(): boolean {
    return this.#overflow !== undefined;
  }

  /** Sum over all values, told apart or not. */
  sum(of: 'success' | 'failure'): number {
    const apart = this.values().reduce((sum, { count }) => sum + count[of], 0);
    return apart + (this.#overflow?.[of] ?? 0);
  }

  /** The values that are told apart: all, or those that begin with some parts. */
  values(beginning: readonly string[] = []): CountedValue[] {
    const counted: CountedValue[] = [];
    this.#nodeOf(beginning)?.collect(counted);
    return counted;
  }

  /**
   * The highest counts as a table, with a line for the others.
   *
   * @param isMeant tells which values belong to the table; without it, all of them
   */
  table(isMeant: (counted: CountedValue) => boolean = () => true): Table {
    const { id, title, parts, chart, limit } = this.#shape;
    const keys = Object.keys(parts);
    const sorted = this.values().filter(isMeant).sort(byCount);
    const rest = sorted.slice(limit).map(({ count }) => count);
    const rows = sorted.slice(0, limit).map(({ value, count }) => ({
      ...Object.fromEntries(keys.map((key, at) => [key, value[at]])),
      ...countCells(count),
    }));
    if (this.#overflow !== undefined) rest.push(this.#overflow);
    const [first = ''] = keys;
    const others = `others (${this.overflowed ? 'more than ' : ''}${rest.length})`;
    if (rest.length > 0) rows.push({ [first]: others, ...countCells(rest.reduce(together)) });
    return { id, title, columns: columns({ ...parts, ...COUNTS }), rows, chart };
  }

  #countOf(value: readonly string[], timeMs: number): Count {
    const known = this.#nodeOf(value)?.count;
    if (known !== undefined) return known;
    const fresh = { success: 0, failure: 0, firstMs: timeMs, lastMs: timeMs };
    if (this.#size < this.#capacity && this.#characters < MAX_CHARACTERS) {
      this.#insert(value.map(textOf)).count = fresh;
      return fresh;
    }
    this.#overflow ??= fresh;
    return this.#overflow;
  }

  #nodeOf(value: readonly string[]): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const part of value) node = node?.below?.get(textOf(part));
    return node;
  }

  #insert(value: readonly string[]): Node {
    this.#size += 1;
    this.#characters += value.reduce((total, { length }) => total + length, 0);
    return value.reduce((node, part) => node.descend(part), this.#root);
  }
}

/** Successes and failures. */
function totalOf({ success, failure }: Readonly<Count>): number {
  return success + failure;
}

function countCells(count: Readonly<Count>): Row {
  const { success, failure, firstMs, lastMs } = count;
  const [first, last] = [firstMs, lastMs].map((ms) => new Date(ms).toISOString());
  return { total: totalOf(count), success, failure, first, last };
}

/** A line that somebody else wrote into the log may have something else where a text should be. */
function textOf(part: unknown): string {
  return typeof part === 'string' ? part : JSON.stringify(part);
}

function together(a: Readonly<Count>, b: Readonly<Count>): Count {
  return {
    success: a.success + b.success,
    failure: a.failure + b.failure,
    firstMs: Math.min(a.firstMs, b.firstMs),
    lastMs: Math.max(a.lastMs, b.lastMs),
  };
}

/** The highest count first; of the same count by code units: the same report on every machine. */
function byCount(a: CountedValue, b: CountedValue): number {
  const difference = totalOf(b.count) - totalOf(a.count);
  if (difference !== 0) return difference;
  const at = a.value.findIndex((part, index) => part !== b.value[index]);
  return (a.value[at] ?? '') < (b.value[at] ?? '') ? -1 : 1;
}
