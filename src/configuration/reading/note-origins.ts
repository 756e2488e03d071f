import { resolve } from 'node:path';
import { Secret } from '../../shared/secret.js';
import { type FieldPath, pathKey } from './problem.js';

const REFERENCE = /^\$\{(?<source>env|file):(?<name>[^{}]+)\}$/;

/**
 * Has every secret of a configuration know the file or the variable it was read from, so that a
 * message about a wrong one can name it.
 *
 * @param references what was replaced, by {@link pathKey}
 * @param baseDirectory where relative paths of `${file:…}` start
 */
export function noteOrigins(
  configuration: unknown,
  references: ReadonlyMap<string, string>,
  baseDirectory: string,
): void {
  const visit = (value: unknown, path: FieldPath): void => {
    if (value instanceof Secret) {
      const origin = originOf(references.get(pathKey(path)), baseDirectory);
      if (origin !== undefined) value.noteOrigin(origin);
    } else if (Array.isArray(value)) {
      for (const [index, each] of value.entries()) visit(each, [...path, index]);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, each] of Object.entries(value)) visit(each, [...path, name]);
    }
  };
  visit(configuration, []);
}

function originOf(reference: string | undefined, baseDirectory: string): string | undefined {
  const { source, name } = REFERENCE.exec(reference ?? '')?.groups ?? {};
  if (name === undefined) return undefined;
  return source === 'file'
    ? `the file ${resolve(baseDirectory, name)}`
    : `the environment variable ${name}`;
}
