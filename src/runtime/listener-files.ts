import type { ConfigurationProblem, ConfigurationWarning, FieldPath } from '../config/problem.js';
import { resolvePaths } from '../config/resolve-paths.js';
import { type PlacedValue, valuesAt } from '../config/value-at.js';
import { tlsSchema } from '../http/config.js';
import { readTlsFiles } from '../http/tls-files.js';
import { configurationOutline } from './schema.js';

/** What a look at the listeners' files came to. */
export interface ListenerFilesReport {
  readonly problems: readonly ConfigurationProblem[];
  readonly warnings: readonly ConfigurationWarning[];
}

/**
 * Reads the certificates and keys of every listener whose `tls` is well-formed, whatever else is
 * wrong with the configuration.
 *
 * @param value with its references resolved
 * @param baseDirectory where relative paths start
 * @param now in ms since 1970
 */
export function checkListenerFiles(
  value: unknown,
  baseDirectory: string,
  now: number,
): ListenerFilesReport {
  const reports = valuesAt(value, ['listeners', '*', 'tls']).map((place) =>
    checkFiles(place, baseDirectory, now),
  );
  return {
    problems: reports.flatMap(({ problems }) => problems),
    warnings: reports.flatMap(({ warnings }) => warnings),
  };
}

function checkFiles(
  { path, value }: PlacedValue,
  baseDirectory: string,
  now: number,
): ListenerFilesReport {
  const { data: tls } = tlsSchema.safeParse(value);
  if (tls === undefined) return { problems: [], warnings: [] };
  const located = resolvePaths(tls, configurationOutline, baseDirectory, path);
  const files = readTlsFiles(located, now);
  return 'problems' in files
    ? { problems: files.problems.map((problem) => below(path, problem)), warnings: [] }
    : { problems: [], warnings: files.warnings.map((warning) => below(path, warning)) };
}

function below<Placed extends { readonly path: FieldPath }>(above: FieldPath, placed: Placed) {
  return { ...placed, path: [...above, ...placed.path] };
}
