import { printableLine } from '../../../shared/printable.js';
import type { Cell, Report, Table } from '../model/document.js';

/** One file of a report in CSV. */
export interface CsvFile {
  /** Without a folder. */
  readonly name: string;
  readonly contents: string;
}

/**
 * A spreadsheet takes a cell that begins so for a formula, also behind blanks. Where `;` separates,
 * as in Excel for most of Europe, quotes behind the first `,` of a line are text to it, and a cell
 * begins behind every `;`.
 */
const FORMULA = /(^|;[\s"]*)(?=[\s"]*[=+\-@|%\uFF1D\uFF0B\uFF0D\uFF20])/g;
const END_OF_LINE = '\r\n';

/**
 * Renders a report as CSV, a file a table, with a first one that says what it is. Every text is
 * quoted. What a spreadsheet would run as a formula begins with an apostrophe.
 *
 * @see RFC 4180
 */
export function renderCsv(report: Report): readonly CsvFile[] {
  const { title, from, to, generatedAt, generator, statement, sections } = report;
  const about = [
    ['title', title],
    ['from', from],
    ['to', to],
    ['generatedAt', generatedAt],
    ['generator', generator],
    ...statement.map((text) => ['statement', text]),
  ];
  const tables = sections.flatMap((section) => section.tables);
  const digits = String(tables.length).length;
  return [
    { name: `${'0'.repeat(digits)}-report.csv`, contents: csv([['field', 'value'], ...about]) },
    ...tables.map((table, at) => ({
      name: `${String(at + 1).padStart(digits, '0')}-${table.id}.csv`,
      contents: csv(rowsOf(table)),
    })),
  ];
}

function rowsOf({ columns, rows }: Table): readonly (readonly Cell[])[] {
  const keys = columns.map(({ key }) => key);
  return [keys, ...rows.map((row) => keys.map((key) => row[key]))];
}

function csv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => row.map(cellText).join(',') + END_OF_LINE).join('');
}

function cellText(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  const text = printableLine(cell).replace(FORMULA, "$1'");
  return `"${text.replaceAll('"', '""')}"`;
}
