import type { FieldPath } from './problem.js';

/** Says what takes the place of a text. */
export type ReplaceText = (text: string, path: FieldPath) => string;

/**
 * Copies a configuration with other texts. Lists and groups of fields are made anew; what is
 * neither, a `Secret` too, is taken as it is.
 *
 * @param path where the value stands
 */
export function mapTexts(value: unknown, path: FieldPath, replace: ReplaceText): unknown {
  if (typeof value === 'string') return replace(value, path);
  if (Array.isArray(value)) {
    return value.map((item, index) => mapTexts(item, [...path, index], replace));
  }
  if (!isGroup(value)) return value;
  // fromEntries defines a field named __proto__ like any other, so that the schema refuses it.
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, mapTexts(item, [...path, name], replace)]),
  );
}

function isGroup(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}
