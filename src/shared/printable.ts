const OUTSIDE_PRINTABLE_ASCII = /[^\x20-\x7e]/;
const EVERY_OUTSIDE = /[^\x20-\x7e]/g;
/** Control and format characters, halves of surrogate pairs, separators of lines and paragraphs. */
const EVERY_UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

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
  return OUTSIDE_PRINTABLE_ASCII.test(bounded) ? bounded.replace(EVERY_OUTSIDE, escaped) : bounded;
}

/**
 * Makes a text one line that a person can read at a terminal, in whatever language: what moves the
 * cursor, colours, hides or turns text around, or ends a line, is spelled `\uXXXX`. That is how
 * JSON spells it too, so a text of JSON still says the same.
 */
export function printableLine(text: string): string {
  return text.replace(EVERY_UNPRINTABLE, escaped);
}

/** The same for a text of several lines, whose ends stay. */
export function printableLines(text: string): string {
  return text.split('\n').map(printableLine).join('\n');
}

/** @param character one or, beyond the basic plane, two UTF-16 code units */
function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
