import { dirname, resolve } from 'node:path';
import { portField } from './reading/field-types.js';
import type { ConfigurationProblem, FieldPath } from './reading/problem.js';
import { isReference, resolveReference } from './reading/secret-reference.js';
import { valueAt } from './reading/value-at.js';
import { installedQuickstartState, QUICKSTART_CONFIGURATION } from './package-folder.js';

/** Environment variables: `process.env`, or a test's. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PORTS: readonly { readonly variable: string; readonly path: FieldPath }[] = [
  { variable: 'HOLDFAST_PORT', path: ['listeners', 0, 'port'] },
  { variable: 'HOLDFAST_OPERATIONS_PORT', path: ['operations', 'port'] },
];

/** The configuration that HOLDFAST_CONFIG names, else the quickstart's. */
export function configurationFile(env: Environment): string {
  const named = env['HOLDFAST_CONFIG'];
  if (named !== undefined && named !== '') return resolve(named);
  return QUICKSTART_CONFIGURATION;
}

/**
 * The state directory, absolute. Needed before the configuration is checked, because the files
 * of secrets are found by it.
 *
 * @param file the configuration, absolute; a relative state directory starts at its folder
 * @returns `undefined` when neither HOLDFAST_STATE_DIR nor the file says one
 */
export function findStateDirectory(
  value: unknown,
  file: string,
  env: Environment,
): string | undefined {
  const fromEnvironment = env['HOLDFAST_STATE_DIR'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return resolve(fromEnvironment);
  const installed = installedQuickstartState(file, env);
  if (installed !== undefined) return installed;
  const folder = dirname(file);
  const written = valueAt(value, ['stateDirectory']);
  if (typeof written !== 'string' || written === '') return undefined;
  if (!isReference(written)) return resolve(folder, written);
  const resolution = resolveReference(written, { env, baseDirectory: folder });
  return 'text' in resolution ? resolve(folder, resolution.text) : undefined;
}

/** A configuration with the environment's values in it, and what is wrong with those. */
export interface Overridden {
  readonly value: unknown;
  readonly problems: readonly ConfigurationProblem[];
}

/**
 * Puts the state directory, HOLDFAST_PORT and HOLDFAST_OPERATIONS_PORT in the place of what is
 * written. Where the file is malformed it stays as it is, for the check to report.
 */
export function override(
  value: unknown,
  stateDirectory: string | undefined,
  env: Environment,
): Overridden {
  const problems: ConfigurationProblem[] = [];
  const field = portField();
  let overridden = value;
  if (stateDirectory !== undefined) {
    overridden = replaceAt(overridden, ['stateDirectory'], stateDirectory);
  }
  for (const { variable, path } of PORTS) {
    const text = env[variable];
    if (text === undefined || text === '') continue;
    const port = field.safeParse(/^\d+$/.test(text) ? Number(text) : text);
    if (port.success) overridden = replaceAt(overridden, path, port.data);
    else {
      const allowed = port.error.issues.map(({ message }) => message).join('; ');
      problems.push({ path: [variable], found: JSON.stringify(text.slice(0, 40)), allowed });
    }
  }
  return { value: overridden, problems };
}

/** A group of fields that is missing is made; an entry of a list is not. */
function replaceAt(container: unknown, [segment, ...rest]: FieldPath, item: unknown): unknown {
  if (segment === undefined) return item;
  if (typeof segment === 'number') {
    if (!Array.isArray(container) || segment >= container.length) return container;
    return container.with(segment, replaceAt(container[segment], rest, item));
  }
  const group = container ?? {};
  if (typeof group !== 'object' || Array.isArray(group)) return container;
  return { ...group, [segment]: replaceAt(valueAt(group, [segment]), rest, item) };
}
