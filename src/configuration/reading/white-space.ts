/**
 * Says where a text has white space that nobody sees, without a word of the text.
 *
 * @returns what goes on after a comma, the comma included; empty where there is nothing to say
 */
export function whiteSpaceAround(value: unknown): string {
  if (typeof value !== 'string') return '';
  if (/\s$/.test(value)) return ', with white space or an empty line at its end';
  return /^\s/.test(value) ? ', with white space at its start' : '';
}
