import type { Row, Table } from '../model/document.js';
import { countText, timeText } from './cell-text.js';
import { escapeHtml } from './escape.js';

const BAR_WIDTH = 100;
const STEP_HEIGHT = 100;
/** Width of a bar as a part of its step; the rest is the gap to the next one. */
const STEP_WIDTH = 0.85;

/** Explains the colours of the charts. */
export const LEGEND =
  '<p class="legend" aria-hidden="true">' +
  '<svg viewBox="0 0 1 1"><rect class="success" width="1" height="1"/></svg> succeeded ' +
  '<svg viewBox="0 0 1 1"><rect class="failure" width="1" height="1"/></svg> failed</p>\n';

/** Finds the highest sum of successes and failures in a table, but for the line of the others. */
export function highestOf({ rows, columns }: Table): number {
  const [first] = columns;
  const named = rows.filter((row) => !String(row[first?.key ?? '']).startsWith('others ('));
  return named.reduce((highest, row) => Math.max(highest, sumOf(row)), 0);
}

/** Draws the bar of a row: it says nothing that the row does not. */
export function barSvg(row: Row, highest: number): string {
  if (sumOf(row) > highest) return '';
  const [success, failure] = partsOf(row).map((part) => (part / highest) * BAR_WIDTH);
  return (
    `<svg viewBox="0 0 ${BAR_WIDTH} 1" preserveAspectRatio="none" aria-hidden="true">` +
    rectangle('success', [0, 0, success ?? 0, 1]) +
    rectangle('failure', [success ?? 0, 0, failure ?? 0, 1]) +
    '</svg>'
  );
}

/** Draws a table of times as columns; empty where there is nothing to draw. */
export function stepsFigure(table: Table): string {
  const { rows, columns, title } = table;
  const highest = highestOf(table);
  if (highest === 0) return '';
  const drawn = rows.map((row, at) => {
    const [success = 0, failure = 0] = partsOf(row).map((part) => (part / highest) * STEP_HEIGHT);
    const top = STEP_HEIGHT - success;
    return (
      rectangle('success', [at, top, STEP_WIDTH, success]) +
      rectangle('failure', [at, top - failure, STEP_WIDTH, failure])
    );
  });
  const label = (row: Row | undefined) =>
    `<span>${escapeHtml(timeText(String(row?.[columns[0]?.key ?? ''] ?? '')))}</span>`;
  return (
    `<figure>\n<svg role="img" aria-label="${escapeHtml(title)}: a chart of the table that follows" ` +
    `viewBox="0 0 ${rows.length} ${STEP_HEIGHT}" preserveAspectRatio="none">${drawn.join('')}</svg>\n` +
    `<figcaption>${label(rows[0])}<span>at most ${countText(highest)}</span>${label(rows.at(-1))}` +
    '</figcaption>\n</figure>\n'
  );
}

function partsOf({ success, failure }: Row): readonly number[] {
  return [success, failure].map((cell) => (typeof cell === 'number' ? cell : 0));
}

function sumOf(row: Row): number {
  return partsOf(row).reduce((sum, part) => sum + part, 0);
}

type Box = readonly [x: number, y: number, width: number, height: number];

function rectangle(name: string, box: Box): string {
  const [x, y, width, height] = box.map((value) => String(Math.round(value * 100) / 100));
  if (width === '0' || height === '0') return '';
  return `<rect class="${name}" x="${x ?? ''}" y="${y ?? ''}" width="${width ?? ''}" height="${height ?? ''}"/>`;
}
