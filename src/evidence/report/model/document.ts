/** What stands in a table. Texts come from the log: whoever renders them makes them safe. */
export type Cell = string | number | undefined;

/** One column. */
export interface Column {
  /** Name in JSON. */
  readonly key: string;
  /** Name for people. */
  readonly title: string;
}

/** How a table is drawn beside being written. */
export interface Chart {
  /** `bars`: a bar a row, across; `columns`: a column a row, for a row of times. */
  readonly kind: 'bars' | 'columns';
  /** Column that names the row. */
  readonly label: string;
  /** Columns with numbers, put on one another; at most two. */
  readonly values: readonly string[];
  /** Only so many of the first rows are drawn; undefined: all. */
  readonly rows?: number | undefined;
}

/** Rows of the same kind. */
export interface Table {
  /** Unique in the report: name of the CSV file, and in JSON. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  /** Each as long as the columns. */
  readonly rows: readonly (readonly Cell[])[];
  /** What a reader must know of the table, such as what is left out. */
  readonly note?: string | undefined;
  readonly chart?: Chart | undefined;
}

/** A part of the report. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** What the section says and where it comes from. */
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
  /** What the report rests on, and what it does not show. */
  readonly statement: readonly string[];
  readonly sections: readonly Section[];
}

/** Columns from pairs of key and title. */
export function columns(titles: Readonly<Record<string, string>>): readonly Column[] {
  return Object.entries(titles).map(([key, title]) => ({ key, title }));
}
