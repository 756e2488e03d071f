import { z } from 'zod';
import { type StateConfig, stateSchema } from '../state/config.js';
import { placeProblem, readConfiguration } from './configuration-file.js';
import type { Environment } from './overrides.js';
import { ConfigurationError, type ConfigurationWarning } from './reading/problem.js';
import { resolvePaths } from './reading/resolve-paths.js';
import { resolveReferences } from './reading/resolve-references.js';
import { validate } from './reading/validate.js';
import { valueAt } from './reading/value-at.js';
import { configurationOutline } from './schema.js';

/** The part `state` of a configuration, checked by itself. */
export interface StatePart {
  /** The file, absolute. */
  readonly file: string;
  readonly state: StateConfig;
  readonly warnings: readonly ConfigurationWarning[];
}

const partSchema = z.object({ state: stateSchema });

/**
 * Reads what a configuration says of the state store, and looks up no secret of anything else:
 * whoever sets up a database need not be let near keys.
 *
 * @param without fields of `state` that are left out, with the secrets that they may name
 * @throws ConfigurationError
 */
export function readStatePart(
  path: string,
  env: Environment,
  without: readonly string[],
): StatePart {
  const { file, stateDirectory, value, locate } = readConfiguration(path, env);
  const written = valueAt(value, ['state']);
  const outline = configurationOutline;
  const part = { state: leftIn(written, without) };
  const resolved = resolveReferences(part, outline, { env, baseDirectory: stateDirectory });
  const validation = validate(partSchema, resolved, outline);
  const problems = [...resolved.problems, ...('problems' in validation ? validation.problems : [])];
  if ('problems' in validation || problems.length > 0) {
    const placed = problems.map((problem) => placeProblem(problem, locate));
    throw new ConfigurationError(file, placed);
  }
  const { state } = resolvePaths(validation.data, outline, stateDirectory);
  return { file, state, warnings: resolved.warnings };
}

function leftIn(written: unknown, without: readonly string[]): unknown {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return written;
  return Object.fromEntries(Object.entries(written).filter(([name]) => !without.includes(name)));
}
