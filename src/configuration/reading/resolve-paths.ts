import { resolve } from 'node:path';
import { mapTexts } from './map-texts.js';
import type { SchemaOutline } from './outline.js';
import type { FieldPath } from './problem.js';

/**
 * Copies a checked configuration with every path in it absolute, the defaults too, which is why
 * it runs after the check.
 *
 * @param baseDirectory where relative paths start
 * @param from where the part stands, when it is not the whole
 */
export function resolvePaths<Part>(
  part: Part,
  outline: SchemaOutline,
  baseDirectory: string,
  from: FieldPath = [],
): Part {
  // A text stays a text, so the copy is of the same type.
  return mapTexts(part, from, (text, path) =>
    outline.isPath(path) ? resolve(baseDirectory, text) : text,
  ) as Part;
}
