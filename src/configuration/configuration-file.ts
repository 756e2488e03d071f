import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  ConfigurationError,
  type ConfigurationProblem,
  type ConfigurationWarning,
  type FieldPath,
  pathKey,
  type TextPosition,
} from './reading/problem.js';
import { resolvePaths } from './reading/resolve-paths.js';
import { noteOrigins } from './reading/note-origins.js';
import { resolveReferences } from './reading/resolve-references.js';
import { validate } from './reading/validate.js';
import { valueAt } from './reading/value-at.js';
import { readYaml } from './reading/yaml-document.js';
import type { Clock } from '../shared/clock.js';
import { errnoOf } from '../shared/errno.js';
import type { ListenerCertificates } from '../http/tls/tls.js';
import { PolicyFileReader } from '../authorization/policy-files.js';
import { advise } from './advice.js';
import { crossCheck } from './cross-checks.js';
import { readListenerFiles } from './listener-files.js';
import { type Environment, findStateDirectory, override } from './overrides.js';
import { type ConfiguredPolicies, readPolicySources } from './policy-sources.js';
import { quickstartFiles } from './quickstart-files.js';
import { findStateInPackage } from './state-outside-package.js';
import { type Configuration, configurationOutline, configurationSchema } from './schema.js';
import { digestsOf, type FileDigests } from './changes/file-digests.js';
import { namedFiles } from './changes/named-files.js';
import { type ConfiguredValue, configuredValues, type Setting, settingsOf } from './settings.js';

/** A configuration as it is written, with the environment's overrides, before it is checked. */
export interface ConfigurationSource {
  /** The file, absolute. */
  readonly file: string;
  /** Absolute; where relative paths and the files of secrets start. */
  readonly stateDirectory: string;
  /** True if missing files are to be made before the configuration is loaded. */
  readonly quickstart: boolean;
  readonly value: unknown;
  /** The problems of the overrides. */
  readonly problems: readonly ConfigurationProblem[];
  /** Remembers the files of policies: they are put in force with this configuration alone. */
  readonly policyFiles: PolicyFileReader;
  /** Returns the position of a field in the file. */
  readonly locate: (path: FieldPath) => TextPosition | undefined;
}

/** A configuration that can be served. */
export interface LoadedConfiguration {
  /** The file, absolute. */
  readonly file: string;
  /** The source of it, to be resolved again when a file that it names has changed. */
  readonly source: ConfigurationSource;
  readonly configuration: Configuration;
  readonly warnings: readonly ConfigurationWarning[];
  /** The certificates and keys of the listeners, by the index of the listener. */
  readonly certificates: ReadonlyMap<number, ListenerCertificates>;
  /** The sets of policies of the key stores; Cedar has not checked them yet. */
  readonly policies: readonly ConfiguredPolicies[];
  /** SHA-256 of the configuration in force, secrets left out; 64 hexadecimal digits. */
  readonly hash: string;
  /** All of it, secrets left out, for the record. */
  readonly settings: readonly Setting[];
  /** The same with its secrets, to be compared with another configuration. */
  readonly values: readonly ConfiguredValue[];
  /** Digests of the files of certificates, keys and secrets, taken before they were read. */
  readonly digests: FileDigests;
}

/**
 * Reads a configuration without looking up its secrets, so that the quickstart can make them.
 *
 * @throws ConfigurationError when the file cannot be read or is no YAML
 */
export function readConfiguration(path: string, env: Environment): ConfigurationSource {
  const file = resolve(path);
  const reading = readYaml(readText(file));
  if ('problems' in reading) throw new ConfigurationError(file, reading.problems);
  const { value, locate } = reading.document;
  const stateDirectory = findStateDirectory(value, file, env);
  const overridden = override(value, stateDirectory, env);
  // Before the quickstart makes anything there.
  const misplaced = findStateInPackage(overridden.value, stateDirectory ?? dirname(file));
  if (misplaced.length > 0) {
    throw new ConfigurationError(
      file,
      misplaced.map((problem) => placeProblem(problem, locate)),
    );
  }
  return {
    file,
    stateDirectory: stateDirectory ?? dirname(file),
    quickstart: valueAt(value, ['quickstart']) === true,
    ...overridden,
    policyFiles: new PolicyFileReader(),
    locate,
  };
}

/**
 * Looks up the secrets of a configuration and checks it, and the files of its listeners with it.
 *
 * @throws ConfigurationError with everything that is wrong
 */
export function resolveConfiguration(
  source: ConfigurationSource,
  env: Environment,
  clock: Clock,
): LoadedConfiguration {
  const { file, stateDirectory, value, locate } = source;
  const outline = configurationOutline;
  // First: a file that changes meanwhile is read once more then, and never missed.
  const digests = digestsOf(namedFiles(value, stateDirectory));
  const resolved = resolveReferences(value, outline, { env, baseDirectory: stateDirectory });
  const validation = validate(configurationSchema, resolved, outline);
  const listenerFiles = readListenerFiles(resolved.value, {
    baseDirectory: stateDirectory,
    now: clock.now(),
    quickstartCertificate: source.quickstart
      ? quickstartFiles(stateDirectory).serverCertificate
      : undefined,
  });
  const policies = readPolicySources(resolved.value, stateDirectory, source.policyFiles);
  const problems = firstProblemPerPath([
    ...source.problems,
    ...resolved.problems,
    ...('problems' in validation ? validation.problems : []),
    ...crossCheck(resolved),
    ...findStateInPackage(resolved.value, stateDirectory),
    ...listenerFiles.problems,
    ...policies.problems,
  ]);
  if ('problems' in validation || problems.length > 0) {
    throw new ConfigurationError(
      file,
      problems.map((problem) => placeProblem(problem, locate)),
    );
  }
  const configuration = resolvePaths(validation.data, outline, stateDirectory);
  noteOrigins(configuration, resolved.references, stateDirectory);
  const values = configuredValues(configuration, resolved.references);
  return {
    ...{ file, source, values, digests },
    configuration,
    warnings: [
      ...resolved.warnings,
      ...listenerFiles.warnings,
      ...policies.warnings,
      ...advise(configuration),
    ],
    certificates: listenerFiles.certificates,
    policies: policies.policies,
    settings: settingsOf(values),
    // A Secret is written as [secret].
    hash: createHash('sha256').update(JSON.stringify(configuration)).digest('hex'),
  };
}

/**
 * Reads and checks a configuration in one go.
 *
 * @throws ConfigurationError with everything that is wrong
 */
export function loadConfiguration(
  path: string,
  env: Environment,
  clock: Clock,
): LoadedConfiguration {
  return resolveConfiguration(readConfiguration(path, env), env, clock);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = errnoOf(error) ?? 'unknown';
    const found = code === 'ENOENT' ? 'no such file' : `a file that cannot be read (${code})`;
    throw new ConfigurationError(file, [{ path: [], found, allowed: 'a readable YAML file' }]);
  }
}

/** A reference that leads nowhere fails the check of its field as well; the cause is enough. */
function firstProblemPerPath(problems: readonly ConfigurationProblem[]): ConfigurationProblem[] {
  const first = new Map<string, ConfigurationProblem>();
  for (const problem of problems) {
    const key = pathKey(problem.path);
    if (!first.has(key)) first.set(key, problem);
  }
  return [...first.values()];
}

/** Adds where in the file a problem is, as far as that is known. */
export function placeProblem(
  problem: ConfigurationProblem,
  locate: ConfigurationSource['locate'],
): ConfigurationProblem {
  const position = problem.position ?? locate(problem.path);
  return position === undefined ? problem : { ...problem, position };
}
