import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { PolicySource } from '../authorization/policy-source.js';
import { findConfiguredPath } from './configured-path.js';
import { CliError, EXIT } from './exit.js';
import { readSmallFile } from './read-small-file.js';
import type { Terminal } from './terminal.js';

const POLICY_SUFFIX = '.cedar';

/** Whoever writes policies knows them by a file, a folder, or a file that says which files. */
export const SET_ARGUMENT =
  'a file of policies, a folder of them, or a YAML file that says `policies` as a key store does';

/**
 * Reads a set of policies that a command names.
 *
 * @throws CliError, ConfigurationError for what is wrong with a file
 */
export async function readPolicySet(
  path: string,
  { keyStore, timeZone = 'UTC' }: { readonly keyStore: string; readonly timeZone?: string },
): Promise<PolicySource> {
  if (/\.ya?ml$/u.test(path)) {
    const { readSet } = await import('../authorization/cases/case-file.js');
    return readSet(path, keyStore, await readSmallFile(path));
  }
  const place = resolve(path);
  const config = (await isFolder(path)) ? { directory: place } : { files: [place] };
  return readLayer(path, config, { keyStore, timeZone });
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** @param name of the set in messages */
async function readLayer(
  name: string,
  config: { readonly directory: string } | { readonly files: string[] },
  { keyStore, timeZone = 'UTC' }: { readonly keyStore: string; readonly timeZone?: string },
): Promise<PolicySource> {
  const { PolicyFileReader } = await import('../authorization/policy-files.js');
  const { ConfigurationError } = await import('../configuration/reading/problem.js');
  const { source, problems } = new PolicyFileReader().readSet({ ...config, keys: [] }, []);
  if (problems.length > 0) throw new ConfigurationError(name, problems);
  return { keyStore, timeZone, ...source };
}

/**
 * Reads the sets that several paths name. Files of policies in one folder are one set, as they are
 * where the folder itself is named: a check finds the same in both. A set that a file of cases
 * names again is there once.
 *
 * @throws CliError, ConfigurationError for what is wrong with a file
 */
export async function readPolicySets(
  paths: readonly string[],
  how: { readonly keyStore: string },
): Promise<readonly PolicySource[]> {
  const files = new Map<string, string[]>();
  const sets: Promise<PolicySource>[] = [];
  for (const path of paths) {
    if (!path.endsWith(POLICY_SUFFIX) || (await isFolder(path))) {
      sets.push(readPolicySet(path, how));
      continue;
    }
    const folder = dirname(resolve(path));
    files.set(folder, [...new Set([...(files.get(folder) ?? []), resolve(path)])]);
  }
  for (const [folder, ofFolder] of files)
    sets.push(readLayer(folder, { files: ofFolder.toSorted() }, how));
  const read = await Promise.all(sets);
  return [...new Map(read.map((set) => [contentOf(set), set])).values()];
}

function contentOf({ files, keys }: PolicySource): string {
  return JSON.stringify({ files, keys });
}

/**
 * Reads the policies of the server's configuration, its secrets included.
 *
 * @throws ConfigurationError, or CliError where a key store has none
 */
export async function configuredPolicies(
  keyStore: string | undefined,
  { env }: Terminal,
): Promise<readonly PolicySource[]> {
  const { loadConfiguration } = await import('../configuration/configuration-file.js');
  const { configurationFile } = await import('../configuration/overrides.js');
  const { systemClock } = await import('../shared/clock.js');
  const file = configurationFile(env);
  const { policies } = loadConfiguration(file, env, systemClock);
  const sources = policies
    .filter((set) => keyStore === undefined || (set.source.keyStore === keyStore && !set.shadow))
    .map(({ source }) => source);
  if (sources.length > 0) return sources;
  const whose = keyStore === undefined ? 'No key store' : `No key store ${keyStore}`;
  throw new CliError(EXIT.usage, `${whose} of ${file} has policies.`);
}

/** Finds the state directory, where sets of policies are kept. @throws CliError */
export function stateDirectory({ env }: Terminal): string {
  return findConfiguredPath(env, {
    what: 'the state directory',
    option: 'HOLDFAST_STATE_DIR',
    find: () => '.',
  });
}

/** Runs a work on policies; what is wrong with them is the answer, and ends with exit code 1. */
export async function onPolicies<T>(work: () => Promise<T>): Promise<T> {
  const { ConfigurationError } = await import('../configuration/reading/problem.js');
  const { PolicyProblemsError } = await import('../authorization/offline.js');
  const { KeptSetError } = await import('../authorization/kept-sets.js');
  try {
    return await work();
  } catch (error) {
    const answers = [ConfigurationError, PolicyProblemsError, KeptSetError];
    if (!(error instanceof Error) || !answers.some((each) => error instanceof each)) throw error;
    throw new CliError(EXIT.failed, error.message, { cause: error });
  }
}
