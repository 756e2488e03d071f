import type { ConfigurationProblem, ConfigurationWarning, FieldPath } from './reading/problem.js';
import { resolvePaths } from './reading/resolve-paths.js';
import { type PlacedValue, valuesAt } from './reading/value-at.js';
import { tlsSchema } from '../http/config.js';
import type { ListenerCertificates } from '../http/tls/tls.js';
import { readTlsFiles } from '../http/tls/tls-files.js';
import { configurationOutline } from './schema.js';

/** The folder that relative paths start from, and facts about the files. */
export interface ListenerFilesContext {
  /** The folder that relative paths start from. */
  readonly baseDirectory: string;
  /** In ms since 1970. */
  readonly now: number;
  /** The quickstart's certificate, which its own certificate authority has signed. */
  readonly quickstartCertificate?: string | undefined;
}

/** The content of the listeners' files, and what is wrong with them. */
export interface ListenerFiles {
  readonly problems: readonly ConfigurationProblem[];
  readonly warnings: readonly ConfigurationWarning[];
  /** By the index of the listener; complete where there are no problems. */
  readonly certificates: ReadonlyMap<number, ListenerCertificates>;
}

/**
 * Reads the certificates and keys of every listener whose `tls` is well-formed, whatever else is
 * wrong with the configuration.
 *
 * @param value with its references resolved
 */
export function readListenerFiles(value: unknown, context: ListenerFilesContext): ListenerFiles {
  const all = valuesAt(value, ['listeners', '*', 'tls']).map((place) => readFiles(place, context));
  return {
    problems: all.flatMap(({ problems }) => problems),
    warnings: all.flatMap(({ warnings }) => warnings),
    certificates: new Map(all.flatMap(({ certificates }) => [...certificates])),
  };
}

const NOTHING: ListenerFiles = { problems: [], warnings: [], certificates: new Map() };

function readFiles(
  { path, value }: PlacedValue,
  { baseDirectory, now, quickstartCertificate }: ListenerFilesContext,
): ListenerFiles {
  const { data: tls } = tlsSchema.safeParse(value);
  if (tls === undefined) return NOTHING;
  const located = resolvePaths(tls, configurationOutline, baseDirectory, path);
  const files = readTlsFiles(located, now);
  if ('problems' in files) {
    return { ...NOTHING, problems: files.problems.map((problem) => below(path, problem)) };
  }
  const isQuickstart = located.certificateChain === quickstartCertificate;
  const warnings = files.warnings
    .filter(({ code }) => !(isQuickstart && code === 'incomplete-chain'))
    .map(({ message, path: inside }) => below(path, { message, path: inside }));
  return { problems: [], warnings, certificates: new Map([[Number(path[1]), files]]) };
}

function below<Placed extends { readonly path: FieldPath }>(above: FieldPath, placed: Placed) {
  return { ...placed, path: [...above, ...placed.path] };
}
