import { alignColumns } from '../shared/columns.js';
import { printableLine } from '../shared/printable.js';

/**
 * Lays out rows in aligned columns, for people.
 *
 * @param header names of the columns
 * @param rows each as long as the header; no cell can break out of its line
 * @returns lines without trailing blanks, the last one ended as well
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return lines([header, ...rows.map((cells) => cells.map(printableLine))]);
}

/** Lays out names and values, one pair a line, whatever a value holds. */
export function record(pairs: readonly (readonly [name: string, value: string])[]): string {
  return lines(pairs.map(([name, value]) => [`${name}:`, printableLine(value)]));
}

/** Lays out rows that are printable, in aligned columns. */
export function lines(rows: readonly (readonly string[])[]): string {
  return alignColumns(rows)
    .map((line) => `${line}\n`)
    .join('');
}
