import { type Cell, type Chart, columns, type Table } from './document.js';
import { type Count, othersText, type Tally, totalOf } from './tally.js';

/** What a tally's table is called. */
export interface TallyTableNames {
  readonly id: string;
  readonly title: string;
  /** Keys and titles of the columns for the parts of a value. */
  readonly parts: Readonly<Record<string, string>>;
  readonly chart?: boolean;
}

const BARS = 10;
const COUNTS = { total: 'Total', success: 'Succeeded', failure: 'Failed' };

/** A tally as a table of its highest counts, with a line for the others, and on request a chart. */
export function tallyTable(tally: Tally, limit: number, names: TallyTableNames): Table {
  const { id, title, parts } = names;
  const keys = Object.keys(parts);
  const { lines, others } = tally.top(limit);
  const rows: (readonly Cell[])[] = lines.map(({ value, count }) => [
    ...value,
    ...countCells(count),
  ]);
  if (others !== undefined) {
    const [, ...rest] = keys;
    rows.push([
      othersText(others, tally.overflowed),
      ...rest.map(() => undefined),
      ...countCells(others.count),
    ]);
  }
  // The line of the others would dwarf the rest.
  const drawn = Math.min(lines.length, BARS);
  const values = ['success', 'failure'];
  const chart: Chart = { kind: 'bars', label: keys[0] ?? '', values, rows: drawn };
  return {
    id,
    title,
    columns: columns({ ...parts, ...COUNTS, first: 'First', last: 'Last' }),
    rows,
    chart: names.chart === true ? chart : undefined,
  };
}

function countCells(count: Readonly<Count>): readonly Cell[] {
  return [totalOf(count), count.success, count.failure, count.first, count.last];
}
