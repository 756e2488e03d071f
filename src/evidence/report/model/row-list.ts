import { type ColumnTitles, columns, type Row, type Table, type TableShape } from './document.js';
import { counted } from '../../../shared/counted.js';

/** Rows of one list; the rest are counted. */
const CAPACITY = 2000;

/** The declaration of a list. */
export interface ListShape extends Omit<TableShape, 'columns'> {
  readonly titles: ColumnTitles;
}

/** A table of rows in the order in which they come, as many as a report can hold. */
export class RowList {
  readonly #rows: Row[] = [];
  readonly #shape: TableShape;
  readonly #capacity: number;
  #left = 0;

  constructor({ titles, ...shape }: ListShape, capacity = CAPACITY) {
    this.#shape = { ...shape, columns: columns(titles) };
    this.#capacity = capacity;
  }

  add(row: Row): void {
    if (this.#rows.length < this.#capacity) this.#rows.push(row);
    else this.#left += 1;
  }

  /** Number of rows, listed or not. */
  get count(): number {
    return this.#rows.length + this.#left;
  }

  /** @param note a remark on the whole table */
  table(note = ''): Table {
    const left =
      this.#left === 0 ? '' : `${counted(this.#left, 'more is', 'more are')} not listed here.`;
    const whole = [note, left].filter((text) => text !== '').join(' ');
    return { ...this.#shape, rows: this.#rows, note: whole === '' ? undefined : whole };
  }
}
