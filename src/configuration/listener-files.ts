import type { ConfigurationProblem, ConfigurationWarning, FieldPath } from './reading/problem.js';
import { resolvePaths } from './reading/resolve-paths.js';
import { type PlacedValue, valuesAt } from './reading/value-at.js';
import { tlsSchema } from '../http/config.js';
import { readTlsFiles } from '../http/tls/tls-files.js';
import { configurationOutline } from './schema.js';

/** Where the files are, and what is known of them. */
export interface ListenerFilesContext {
  /** Where relative paths start. */
  readonly baseDirectory: string;
  /** In ms since 1970. */
  readonly now: number;
  /** The quickstart's certificate, of an authority of its own, as everybody who tries it out knows. */
  readonly quickstartCertificate?: string | undefined;
}

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
 */
export function checkListenerFiles(
  value: unknown,
  context: ListenerFilesContext,
): ListenerFilesReport {
  const reports = valuesAt(value, ['listeners', '*', 'tls']).map((place) =>
    checkFiles(place, context),
  );
  return {
    problems: reports.flatMap(({ problems }) => problems),
    warnings: reports.flatMap(({ warnings }) => warnings),
  };
}

function checkFiles(
  { path, value }: PlacedValue,
  { baseDirectory, now, quickstartCertificate }: ListenerFilesContext,
): ListenerFilesReport {
  const { data: tls } = tlsSchema.safeParse(value);
  if (tls === undefined) return { problems: [], warnings: [] };
  const located = resolvePaths(tls, configurationOutline, baseDirectory, path);
  const files = readTlsFiles(located, now);
  if ('problems' in files) {
    return { problems: files.problems.map((problem) => below(path, problem)), warnings: [] };
  }
  const isQuickstart = located.certificateChain === quickstartCertificate;
  const warnings = files.warnings
    .filter(({ code }) => !(isQuickstart && code === 'incomplete-chain'))
    .map(({ message, path: inside }) => below(path, { message, path: inside }));
  return { problems: [], warnings };
}

function below<Placed extends { readonly path: FieldPath }>(above: FieldPath, placed: Placed) {
  return { ...placed, path: [...above, ...placed.path] };
}
