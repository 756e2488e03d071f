import { withoutLoneSurrogates } from '../../shared/well-formed-json.js';
import { fitFields } from './fit-fields.js';

/** ASCII without escapes, and so without half a surrogate pair. */
const UNESCAPED = /^[\x20-\x5b\x5d-\x7e]*$/;
const ASCII = /^[\x20-\x7e]*$/;
const NOT_ASCII = /[^\x20-\x7e]/g;

/**
 * Writes fields of a record as a JSON object. Fields that would be longer are cut, and `cut` names
 * them.
 *
 * @param fields undefined ones are left out
 * @param maxBytes of the object, its braces included
 */
export function recordJson(fields: object, maxBytes: number): string {
  const json = asciiJson(fields);
  if (json.length <= maxBytes) return json;
  const { fields: shorter, cut } = fitFields(
    fields,
    (fitted) => asciiJson({ ...fitted.fields, cut: fitted.cut }).length <= maxBytes,
  );
  return asciiJson({ ...shorter, cut });
}

/**
 * Writes a value as JSON on one line. What is not ASCII is escaped, so that a line has as many
 * bytes as characters, and nothing that a client sent can move a terminal's cursor. Texts are well-
 * formed Unicode, because many programs stop at a line that is not.
 */
export function asciiJson(value: object | string): string {
  const json = JSON.stringify(value);
  if (UNESCAPED.test(json)) return json;
  const wellFormed = withoutLoneSurrogates(json);
  return ASCII.test(wellFormed) ? wellFormed : wellFormed.replaceAll(NOT_ASCII, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
