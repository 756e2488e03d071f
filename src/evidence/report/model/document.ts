/** A value in a table. Texts come from the log: whoever renders them makes them safe. */
export type Cell = string | number | undefined;

/**
 * The meaning of a column's values, which decides how people see them. Machine-readable formats
 * have them as they are.
 *
 * - `text`: words and names; `prose`: sentences; `code`: text that is compared or copied, such as a
 *   hash
 * - `count`: a number of things; `id`: a number that names a thing, such as a process id
 * - `time`: ISO 8601, UTC; `duration`: milliseconds
 * - `section`: the id of a section of the report, to which the cell leads
 */
export type ColumnKind =
  | 'text'
  | 'prose'
  | 'code'
  | 'count'
  | 'id'
  | 'time'
  | 'duration'
  | 'section';

/** A column of a table. */
export interface Column {
  /** Name in JSON and CSV. */
  readonly key: string;
  /** Name for people. */
  readonly title: string;
  readonly kind: ColumnKind;
}

/** A row by the keys of the columns. A cell that is missing is empty. */
export type Row = Readonly<Record<string, Cell>>;

/** The declaration of a table, from which every format is made. */
export interface TableShape {
  /** Unique in the report: name of the CSV file, and in JSON. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  /**
   * Drawing of the columns `success` and `failure`: `bars`, a bar in each row; `steps`, one
   * chart of a row of times.
   */
  readonly chart?: 'bars' | 'steps' | undefined;
  /** Layout of a few rows with many columns for people: `across` shows each row as a column. */
  readonly layout?: 'across' | undefined;
  /** Rows that ask for attention: those with one of these values in this column. */
  readonly marked?: { readonly key: string; readonly values: readonly Cell[] } | undefined;
}

/** Rows of the same kind. */
export interface Table extends TableShape {
  readonly rows: readonly Row[];
  /** Remarks that a reader needs, such as how much is left out. */
  readonly note?: string | undefined;
}

/** A part of the report. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** Explanation of the tables and of where they come from. */
  readonly about: string;
  readonly tables: readonly Table[];
}

/** A whole report, for any format. */
export interface Report {
  readonly title: string;
  /** ISO 8601, UTC. */
  readonly generatedAt: string;
  readonly generator: string;
  readonly from: string;
  readonly to: string;
  /** The basis of the report and its limits, for its reader. */
  readonly statement: readonly string[];
  readonly sections: readonly Section[];
}

/** A column as it is declared: its title, and its kind where that is not `text`. */
type ColumnTitle = string | readonly [title: string, kind: ColumnKind];

/** Titles of columns by their keys. */
export type ColumnTitles = Readonly<Record<string, ColumnTitle>>;

/** Makes columns from their titles, in this order. */
export function columns(titles: ColumnTitles): readonly Column[] {
  return Object.entries(titles).map(([key, declared]) => {
    const [title, kind] = typeof declared === 'string' ? [declared, 'text' as const] : declared;
    return { key, title, kind };
  });
}

/** Declares a table. */
export function shapeOf(id: string, title: string, titles: ColumnTitles): TableShape {
  return { id, title, columns: columns(titles) };
}
