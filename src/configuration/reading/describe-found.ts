import type { SchemaOutline } from './outline.js';
import { type FieldPath, pathKey } from './problem.js';
import type { ResolvedValue } from './resolve-references.js';
import { valueAt } from './value-at.js';
import { whiteSpaceAround } from './white-space.js';

/** A secret access key has 43 characters or more, so one in the wrong field is not shown either. */
const MAX_SHOWN_CHARACTERS = 40;

/**
 * Says what stands at a path without telling a secret. A value is shown only where a field that
 * is no secret takes a single value; anything else is told by its kind and length.
 */
export function describeFound(
  { value, references }: ResolvedValue,
  path: FieldPath,
  outline: SchemaOutline,
): string {
  const found = valueAt(value, path);
  const reference = references.get(pathKey(path));
  if (reference !== undefined) {
    return `${describeKind(found)} from ${reference}${whiteSpaceAround(found)}`;
  }
  const shown = outline.isScalar(path) && !outline.isSecret(path);
  if (isGroup(found)) return describeGroup(found, outline.fieldNames(path));
  if (!shown || typeof found === 'object') return describeKind(found);
  if (typeof found === 'string' && found.length > MAX_SHOWN_CHARACTERS) return describeKind(found);
  if (typeof found === 'string') return JSON.stringify(found);
  const isPlain = typeof found === 'number' || typeof found === 'boolean';
  return isPlain ? String(found) : describeKind(found);
}

/** Names the fields that may stand there alone: what is mistyped could be a secret. */
function describeGroup(group: object, known: readonly string[]): string {
  const names = Object.keys(group).filter((name) => known.includes(name));
  return names.length === 0 ? 'a group of fields' : `a group with the fields ${names.join(', ')}`;
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describeKind(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  return typeof value === 'object' ? 'a group of fields' : `a ${typeof value}`;
}
