import { type Cell, columns, type Table } from './document.js';

/** As many rows are listed; the rest are counted. */
const CAPACITY = 2000;

/** Rows in the order in which they come, as many as a report can hold. */
export class RowList {
  readonly #rows: (readonly Cell[])[] = [];
  readonly #capacity: number;
  #left = 0;

  constructor(capacity = CAPACITY) {
    this.#capacity = capacity;
  }

  add(...row: readonly Cell[]): void {
    if (this.#rows.length < this.#capacity) this.#rows.push(row);
    else this.#left += 1;
  }

  /** How many rows there were, listed or not. */
  get count(): number {
    return this.#rows.length + this.#left;
  }

  /**
   * The rows as a table.
   *
   * @param titles keys and titles of the columns
   * @param note of every table of this kind
   */
  table(id: string, title: string, titles: Readonly<Record<string, string>>, note = ''): Table {
    const left = this.#left === 0 ? '' : `${this.#left} more are not listed here.`;
    const whole = [note, left].filter((text) => text !== '').join(' ');
    return {
      id,
      title,
      columns: columns(titles),
      rows: this.#rows,
      note: whole === '' ? undefined : whole,
    };
  }
}
