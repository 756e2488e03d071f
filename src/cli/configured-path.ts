import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isReference, resolveReference } from '../configuration/reading/secret-reference.js';
import { readYaml } from '../configuration/reading/yaml-document.js';
import {
  configurationFile,
  type Environment,
  findStateDirectory,
} from '../configuration/overrides.js';
import { CliError, EXIT } from './exit.js';

/** A path of the configuration that a command needs. */
export interface ConfiguredPath {
  /** For the sentence "FILE does not say where … is". */
  readonly what: string;
  /** The option that names the path itself. */
  readonly option: string;
  /** @returns the path as the configuration has it, or its default; undefined where it has none */
  readonly find: (configuration: unknown) => string | undefined;
}

/**
 * Finds a path as the server does: by HOLDFAST_CONFIG and HOLDFAST_STATE_DIR. Reads no other field
 * of the configuration, so that it needs none of the secrets that the server may read and the
 * administrator may not.
 *
 * @returns an absolute path
 * @throws CliError when the configuration does not say
 */
export function findConfiguredPath(env: Environment, wanted: ConfiguredPath): string {
  const file = configurationFile(env);
  const reading = readYaml(readText(file, wanted));
  if ('problems' in reading) throw unknown(file, wanted);
  const { value } = reading.document;
  const stateDirectory = findStateDirectory(value, file, env);
  const path = wanted.find(value);
  if (stateDirectory === undefined || path === undefined) throw unknown(file, wanted);
  if (!isReference(path)) return resolve(stateDirectory, path);
  const resolution = resolveReference(path, { env, baseDirectory: stateDirectory });
  if ('text' in resolution) return resolve(stateDirectory, resolution.text);
  throw unknown(file, wanted);
}

function unknown(file: string, { what, option }: ConfiguredPath, options?: ErrorOptions): CliError {
  return new CliError(
    EXIT.usage,
    `${file} does not say where ${what} is. Run "holdfast config check ${file}", or name another configuration with --config or HOLDFAST_CONFIG, or the path with ${option}.`,
    options,
  );
}

function readText(file: string, wanted: ConfiguredPath): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unknown(file, wanted, { cause: error });
  }
}
