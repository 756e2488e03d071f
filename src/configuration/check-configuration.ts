import { ConfigurationError, type ConfigurationWarning, pathKey } from './reading/problem.js';
import type { Clock } from '../shared/clock.js';
import {
  type ConfigurationSource,
  type LoadedConfiguration,
  placeProblem,
  readConfiguration,
  resolveConfiguration,
} from './configuration-file.js';
import { checkConfiguredFiles, checkNamedFiles } from './configured-files.js';
import type { Environment } from './overrides.js';
import { checkPolicySources } from './policy-sources.js';
import { checkWrittenFolders } from './written-folders.js';

/** The terms on which a configuration is looked at. */
export interface CheckPorts {
  readonly clock: Clock;
  /**
   * True when this process's user is the one that the server runs as, so that its folders can be
   * judged.
   */
  readonly isServersUser: boolean;
}

/**
 * Checks a configuration and everything in the file system that it names.
 *
 * @returns what is taken, and that an operator should know of
 * @throws ConfigurationError with everything that is wrong
 */
export async function checkConfiguration(
  path: string,
  env: Environment,
  ports: CheckPorts,
): Promise<readonly ConfigurationWarning[]> {
  const { warnings } = await checkSource(readConfiguration(path, env), env, ports);
  return warnings;
}

/**
 * Resolves a configuration, and checks it and everything in the file system that it names.
 *
 * @throws ConfigurationError with everything that is wrong
 */
export async function checkSource(
  source: ConfigurationSource,
  env: Environment,
  { clock, isServersUser }: CheckPorts,
): Promise<LoadedConfiguration> {
  const loaded = resolved(source, env, clock);
  const { configuration, policies } = loaded;
  const problems = [
    ...checkConfiguredFiles(configuration),
    ...(await checkPolicySources(policies)).problems,
    ...(isServersUser ? await checkWrittenFolders(configuration) : []),
  ];
  if (problems.length === 0) return loaded;
  throw new ConfigurationError(
    source.file,
    problems.map((problem) => placeProblem(problem, source.locate)),
  );
}

/**
 * Resolves a configuration. Where that fails, the files that it names are looked at all the same.
 */
function resolved(
  source: ConfigurationSource,
  env: Environment,
  clock: Clock,
): LoadedConfiguration {
  try {
    return resolveConfiguration(source, env, clock);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const told = new Set(error.problems.map(({ path }) => pathKey(path)));
    const files = checkNamedFiles(source.value, source.stateDirectory)
      .filter(({ path }) => !told.has(pathKey(path)))
      .map((problem) => placeProblem(problem, source.locate));
    throw new ConfigurationError(source.file, [...error.problems, ...files]);
  }
}
