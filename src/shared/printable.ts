/** Control and format characters, halves of surrogate pairs, separators of lines and paragraphs. */
const EVERY_UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

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
