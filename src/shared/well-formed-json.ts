/** An escape of a text in JSON; one of a surrogate has six characters. */
const ESCAPE = /\\(?:ud[89a-f][0-9a-f]{2}|[^])/g;
const ESCAPE_OF_SURROGATE_LENGTH = 6;

/**
 * JSON of a value, whose texts are well-formed Unicode: what JavaScript lets a text have, and most
 * other programs refuse to read, becomes U+FFFD.
 *
 * @param space indentation, as for `JSON.stringify`
 */
export function wellFormedJson(value: object, space?: number): string {
  return withoutLoneSurrogates(JSON.stringify(value, undefined, space));
}

/**
 * Replaces lone halves of surrogate pairs by U+FFFD, whether they are escaped or not.
 *
 * @param json with escapes in lower case and none of a whole pair, as `JSON.stringify` writes it
 */
export function withoutLoneSurrogates(json: string): string {
  const text = json.toWellFormed();
  if (!text.includes('\\ud')) return text;
  return text.replace(ESCAPE, (escape) =>
    escape.length === ESCAPE_OF_SURROGATE_LENGTH ? '\\ufffd' : escape,
  );
}
