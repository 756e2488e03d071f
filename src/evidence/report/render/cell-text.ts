import type { Cell, ColumnKind } from '../model/document.js';

/** U+202F NARROW NO-BREAK SPACE: separates thousands in every language (ISO 80000-1). */
const SEPARATOR = '\u202f';
const THOUSANDS = /\B(?=(?:\d{3})+$)/g;
const TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d[\d:.]*)Z$/;
const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** Formats a value as people read it. It is no safe HTML yet. */
export function cellText(cell: Cell, kind: ColumnKind): string {
  if (cell === undefined) return '';
  if (typeof cell === 'string') return kind === 'time' ? timeText(cell) : cell;
  if (kind === 'duration') return durationText(cell);
  return kind === 'count' ? countText(cell) : String(cell);
}

/** Formats a number with its thousands apart. */
export function countText(number: number): string {
  const [whole = '', fraction] = String(number).split('.');
  const grouped = whole.replace(THOUSANDS, SEPARATOR);
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Formats a time without the signs of ISO 8601: all of a report's times are UTC. */
export function timeText(text: string): string {
  return text.replace(TIME, '$1 $2');
}

/** A time span in its two largest units. */
function durationText(ms: number): string {
  if (ms < 1000) return `${countText(ms)} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < MINUTE_S) return `${countText(Math.round(ms / 100) / 10)} s`;
  if (seconds < HOUR_S) return twoUnits(seconds, [MINUTE_S, 'min'], [1, 's']);
  if (seconds < DAY_S) return twoUnits(seconds, [HOUR_S, 'h'], [MINUTE_S, 'min']);
  return twoUnits(seconds, [DAY_S, 'd'], [HOUR_S, 'h']);
}

type Unit = readonly [seconds: number, name: string];

function twoUnits(seconds: number, [large, name]: Unit, [small, smallName]: Unit): string {
  const rest = Math.floor((seconds % large) / small);
  const whole = `${countText(Math.floor(seconds / large))} ${name}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallName}`;
}
