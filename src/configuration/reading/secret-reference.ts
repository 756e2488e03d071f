import { resolve } from 'node:path';
import { readTextFile } from './text-file.js';

const MAX_FILE_BYTES = 65_536;
const REFERENCE = /^\$\{(?<source>env|file):(?<name>[^{}\0]+)\}$/;

/** JSON Schema's pattern of a reference, to be added to that of what it may stand for. */
export const REFERENCE_PATTERN = '^\\$\\{(env|file):[^{}]+\\}$';

/** The environment and the folder in which references are looked up. */
export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths of `${file:…}` start here. */
  readonly baseDirectory: string;
}

/** The result of looking up a reference. */
export type Resolution =
  | { readonly text: string; readonly warning?: string }
  | { readonly found: string; readonly allowed: string };

/** Tells whether a text is meant as a reference, well-formed or not. */
export function isReference(text: string): boolean {
  return text.includes('${');
}

/**
 * Looks up `${env:NAME}` or `${file:PATH}`. Of a file the last line's end is left out; a file
 * that others than its owner can reach gets a warning.
 */
export function resolveReference(text: string, sources: ReferenceSources): Resolution {
  const groups = REFERENCE.exec(text)?.groups;
  const name = groups?.['name'];
  if (name === undefined) {
    return {
      found: `a text of ${text.length} characters with \${ in it`,
      allowed: 'a reference that is the whole value: ${env:NAME} or ${file:PATH}',
    };
  }
  if (groups?.['source'] === 'file') return readSecretFile(resolve(sources.baseDirectory, name));
  const value = Object.hasOwn(sources.env, name) ? sources.env[name] : undefined;
  if (value !== undefined && value !== '') return { text: value };
  return {
    found: `the environment variable ${name}, ${value === '' ? 'empty' : 'not set'}`,
    allowed: 'an environment variable that is set and not empty',
  };
}

/** The path in `${file:PATH}`, as it is written; undefined for any other text. */
export function fileOfReference(text: string): string | undefined {
  const groups = REFERENCE.exec(text)?.groups;
  return groups?.['source'] === 'file' ? groups['name'] : undefined;
}

const FILE_ALLOWED = `a readable, non-empty file of text, at most ${MAX_FILE_BYTES} bytes`;

function readSecretFile(path: string): Resolution {
  const reading = readTextFile(path, MAX_FILE_BYTES);
  if ('found' in reading) return { found: reading.found, allowed: FILE_ALLOWED };
  const text = reading.text.replace(/\r?\n$/, '');
  if (text === '') return { found: `the file ${path}, which is empty`, allowed: FILE_ALLOWED };
  const { openToOthers } = reading;
  return openToOthers === undefined ? { text } : { text, warning: openToOthers };
}
