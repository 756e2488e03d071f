const OUTSIDE_PRINTABLE_ASCII = /[^\x20-\x7e]/;
const EVERY_OUTSIDE = /[^\x20-\x7e]/g;

/**
 * The longest text of a client that is written whole, in characters before escaping: an ARN, the
 * longest text that KMS sends, has up to 2,048.
 */
const MAX_LENGTH = 2_200;

/**
 * Makes a client's text safe to print: what is not printable ASCII is spelled `\uXXXX`, so that
 * neither a newline nor a terminal's control sequence can forge a line, and what is longer than
 * 2,200 characters is cut off with `...`.
 */
export function printable(text: string): string {
  const bounded = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text;
  return OUTSIDE_PRINTABLE_ASCII.test(bounded)
    ? bounded.replace(EVERY_OUTSIDE, escapeCodeUnit)
    : bounded;
}

function escapeCodeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
