import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';

const MAX_FILE_BYTES = 65_536;
const GROUP_AND_OTHERS = 0o077;
const REFERENCE = /^\$\{(?<source>env|file):(?<name>[^{}\0]+)\}$/;

/** JSON Schema's pattern of a reference, to be added to that of what it may stand for. */
export const REFERENCE_PATTERN = '^\\$\\{(env|file):[^{}]+\\}$';

/** Where references are looked up. */
export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths of `${file:…}` start here. */
  readonly baseDirectory: string;
}

/** What a reference came to. */
export type Resolution =
  | { readonly text: string; readonly warning?: string }
  | { readonly found: string; readonly allowed: string };

/** Whether a text is meant as a reference, well-formed or not. */
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

const FILE_ALLOWED = `a readable, non-empty file of text, at most ${MAX_FILE_BYTES} bytes`;

function readSecretFile(path: string): Resolution {
  try {
    const { stats, bytes } = readRegularFile(path);
    if (bytes === undefined) return refusedFile(path, 'which is no regular file of this size');
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
    if (text === '') return refusedFile(path, 'which is empty');
    if ((stats.mode & GROUP_AND_OTHERS) === 0) return { text };
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    return {
      text,
      warning: `${path} is open to other users (mode ${mode}); run: chmod 600 '${path}'`,
    };
  } catch (error) {
    return refusedFile(path, describeFileError(error));
  }
}

/** Opens first and looks afterwards, so that what was looked at is what is read. */
function readRegularFile(path: string): { stats: Stats; bytes: Buffer | undefined } {
  // Without O_NONBLOCK a named pipe would hold the start until somebody writes to it.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    const fits = stats.isFile() && stats.size <= MAX_FILE_BYTES;
    return { stats, bytes: fits ? readFileSync(file) : undefined };
  } finally {
    closeSync(file);
  }
}

function refusedFile(path: string, found: string): Resolution {
  return { found: `the file ${path}, ${found}`, allowed: FILE_ALLOWED };
}

function describeFileError(error: unknown): string {
  if (error instanceof TypeError) return 'which is not UTF-8';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'which does not exist';
  if (code === 'EACCES') return 'which this user may not read';
  return `which cannot be read (${String(code)})`;
}
