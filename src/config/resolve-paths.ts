import { resolve } from 'node:path';
import type { SchemaOutline } from './outline.js';
import type { FieldPath } from './problem.js';

/**
 * Makes every path in a checked configuration absolute, the defaults too, which is why it runs
 * after the check. Changes the configuration in place.
 *
 * @param baseDirectory where relative paths start
 * @param from where the part stands, when it is not the whole
 */
export function resolvePaths(
  configuration: object,
  outline: SchemaOutline,
  baseDirectory: string,
  from: FieldPath = [],
): void {
  resolveWithin(configuration, from);

  function resolveWithin(container: object, path: FieldPath): void {
    const fields: [string, unknown][] = Object.entries(container);
    for (const [name, value] of fields) {
      const here = [...path, Array.isArray(container) ? Number(name) : name];
      if (typeof value === 'object' && value !== null) resolveWithin(value, here);
      if (typeof value !== 'string' || !outline.isPath(here)) continue;
      Object.assign(container, { [name]: resolve(baseDirectory, value) });
    }
  }
}
