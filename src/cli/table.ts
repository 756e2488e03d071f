import { printableLine } from '../shared/printable.js';

const GAP = '  ';

/**
 * Lays out rows in aligned columns, for people.
 *
 * @param header names of the columns
 * @param rows each as long as the header; no cell can break out of its line
 * @returns lines without trailing blanks, the last one ended as well
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows.map((cells) => cells.map(printableLine))];
  const widths = header.map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  return lines.map((cells) => `${align(cells, widths)}\n`).join('');
}

/** Lays out names and values, one pair a line, whatever a value holds. */
export function record(pairs: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length)) + 1;
  return pairs
    .map(([name, value]) => `${`${name}:`.padEnd(width)}${GAP}${printableLine(value)}\n`)
    .join('');
}

function align(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join(GAP)
    .trimEnd();
}
