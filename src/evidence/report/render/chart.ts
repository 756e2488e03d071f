import type { Cell, Table } from '../model/document.js';
import { escapeHtml } from './escape.js';

const WIDTH = 720;
const BAR_HEIGHT = 22;
const BAR_GAP = 6;
const LABEL_WIDTH = 250;
const NUMBER_WIDTH = 90;
const LABEL_CHARACTERS = 36;
const COLUMNS_HEIGHT = 160;
const AXIS_HEIGHT = 24;
const AXIS_WIDTH = 64;
const NAMES = ['success', 'failure'];

/** What of a row is drawn. */
interface Datum {
  readonly label: string;
  readonly values: readonly number[];
  readonly total: number;
}

/**
 * A table drawn as SVG. It says nothing that the table does not, so that it can be left out for those
 * who cannot see it.
 *
 * @returns nothing for a table without a chart, or without numbers to draw
 */
export function chartSvg(table: Table): string {
  const { chart } = table;
  if (chart === undefined) return '';
  const data = dataOf(table).slice(0, chart.rows);
  const highest = Math.max(0, ...data.map(({ total }) => total));
  if (highest === 0) return '';
  const drawn = chart.kind === 'bars' ? bars(data, highest) : timeColumns(data, highest);
  const label = escapeHtml(`${table.title}: a chart of the table that follows`);
  return (
    `<svg role="img" aria-label="${label}" viewBox="0 0 ${WIDTH} ${drawn.height}" ` +
    `width="${WIDTH}" height="${drawn.height}">${drawn.content}</svg>\n`
  );
}

function dataOf({ columns, rows, chart }: Table): readonly Datum[] {
  const at = (key: string | undefined): number => columns.findIndex((column) => column.key === key);
  const label = at(chart?.label);
  const values = (chart?.values ?? []).map(at);
  return rows.map((row) => {
    const numbers = values.map((column) => numberOf(row[column]));
    const total = numbers.reduce((sum, number) => sum + number, 0);
    return { label: String(row[label] ?? ''), values: numbers, total };
  });
}

function numberOf(cell: Cell): number {
  return typeof cell === 'number' ? cell : 0;
}

function bars(
  data: readonly Datum[],
  highest: number,
): { readonly content: string; readonly height: number } {
  const room = WIDTH - LABEL_WIDTH - NUMBER_WIDTH;
  const content = data.map((datum, at) => {
    const y = at * (BAR_HEIGHT + BAR_GAP);
    const middle = y + BAR_HEIGHT / 2;
    let x = LABEL_WIDTH;
    const parts = datum.values.map((value, part) => {
      const width = (value / highest) * room;
      const rect = rectangle({ x, y, width, height: BAR_HEIGHT }, part);
      x += width;
      return rect;
    });
    const name = `<text class="label" x="${LABEL_WIDTH - 8}" y="${middle}">${shortened(datum.label)}</text>`;
    const total = `<text x="${number(x + 6)}" y="${middle}">${datum.total.toLocaleString('en-US')}</text>`;
    return name + parts.join('') + total;
  });
  return { content: content.join(''), height: data.length * (BAR_HEIGHT + BAR_GAP) };
}

function timeColumns(
  data: readonly Datum[],
  highest: number,
): { readonly content: string; readonly height: number } {
  const step = (WIDTH - AXIS_WIDTH) / data.length;
  const columns = data.map((datum, at) => {
    let y = COLUMNS_HEIGHT;
    const x = AXIS_WIDTH + at * step;
    const parts = datum.values.map((value, part) => {
      const height = (value / highest) * (COLUMNS_HEIGHT - 16);
      y -= height;
      return rectangle({ x, y, width: Math.max(1, step - 1), height }, part);
    });
    return parts.join('');
  });
  const axis =
    `<line x1="${AXIS_WIDTH}" x2="${WIDTH}" y1="${COLUMNS_HEIGHT}" y2="${COLUMNS_HEIGHT}"/>` +
    `<text class="label" x="${AXIS_WIDTH - 8}" y="16">${highest.toLocaleString('en-US')}</text>` +
    `<text class="label" x="${AXIS_WIDTH - 8}" y="${COLUMNS_HEIGHT - 6}">0</text>` +
    `<text x="${AXIS_WIDTH}" y="${COLUMNS_HEIGHT + 16}">${shortened(data[0]?.label ?? '')}</text>` +
    `<text class="label" x="${WIDTH}" y="${COLUMNS_HEIGHT + 16}">${shortened(data.at(-1)?.label ?? '')}</text>`;
  return { content: columns.join('') + axis, height: COLUMNS_HEIGHT + AXIS_HEIGHT };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function rectangle({ x, y, width, height }: Box, part: number): string {
  if (width === 0 || height === 0) return '';
  return (
    `<rect class="${NAMES[part] ?? ''}" x="${number(x)}" y="${number(y)}" ` +
    `width="${number(width)}" height="${number(height)}"/>`
  );
}

/** A coordinate, short. */
function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** The end of an ARN tells more than its beginning. */
function shortened(label: string): string {
  const characters = [...label];
  const text =
    characters.length > LABEL_CHARACTERS
      ? `…${characters.slice(1 - LABEL_CHARACTERS).join('')}`
      : label;
  return escapeHtml(text);
}
