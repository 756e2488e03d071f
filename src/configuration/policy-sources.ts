import { checkInThread } from '../authorization/cedar/check-thread.js';
import type { CheckedPolicies, PolicyProblem } from '../authorization/cedar/check-policies.js';
import {
  type PoliciesConfig,
  policiesSchema,
  type PolicySetConfig,
} from '../authorization/config.js';
import type { PolicyFileReader } from '../authorization/policy-files.js';
import type { PolicySource } from '../authorization/policy-source.js';
import type { ConfigurationProblem, ConfigurationWarning, FieldPath } from './reading/problem.js';
import { resolvePaths } from './reading/resolve-paths.js';
import { valueAt, valuesAt } from './reading/value-at.js';
import { configurationOutline } from './schema.js';

/** A set of policies that the configuration names, as its files were read. */
export interface ConfiguredPolicies {
  /** Of the set in the configuration. */
  readonly path: FieldPath;
  readonly source: PolicySource;
  /** Present for a candidate: how it is evaluated beside the set in force. */
  readonly shadow:
    | Pick<NonNullable<PoliciesConfig['shadow']>, 'samplePercent' | 'cpuPercent'>
    | undefined;
}

/** The sets of policies of a configuration, and what is wrong with their files. */
export interface PolicyReading {
  readonly policies: readonly ConfiguredPolicies[];
  readonly problems: readonly ConfigurationProblem[];
  readonly warnings: readonly ConfigurationWarning[];
}

/**
 * Reads the files of every set of policies that is well-formed, whatever else is wrong with the
 * configuration.
 *
 * @param value with its references resolved
 * @param baseDirectory where relative paths start
 */
export function readPolicySources(
  value: unknown,
  baseDirectory: string,
  reader: PolicyFileReader,
): PolicyReading {
  const policies: ConfiguredPolicies[] = [];
  const problems: ConfigurationProblem[] = [];
  const warnings: ConfigurationWarning[] = [];
  for (const { path, value: written } of valuesAt(value, ['keyStores', '*', 'policies'])) {
    const { data } = policiesSchema.safeParse(written);
    if (data === undefined) continue;
    const { timeZone, shadow, ...active } = resolvePaths(
      data,
      configurationOutline,
      baseDirectory,
      path,
    );
    const keyStore = String(valueAt(value, [...path.slice(0, -1), 'name']));
    const add = (
      config: PolicySetConfig,
      at: FieldPath,
      how: ConfiguredPolicies['shadow'],
    ): void => {
      const reading = reader.readSet(config, at);
      problems.push(...reading.problems);
      warnings.push(...reading.warnings);
      const source = { keyStore, timeZone, ...reading.source };
      policies.push({ path: at, source, shadow: how });
    };
    add(active, path, undefined);
    if (shadow !== undefined) add(shadow, [...path, 'shadow'], shadow);
  }
  return { policies, problems, warnings };
}

/** Sets of policies that are valid, and what is wrong with the others. */
export interface PolicyCheck {
  /** In the order of the sets. */
  readonly checked: readonly CheckedPolicies[];
  readonly problems: readonly ConfigurationProblem[];
}

/** Parses and validates sets of policies, in another thread. */
export async function checkPolicySources(
  policies: readonly ConfiguredPolicies[],
): Promise<PolicyCheck> {
  const checked = await checkInThread(policies.map(({ source }) => source));
  const problems = checked.flatMap((each, index) =>
    each.problems.map((problem) => placed(problem, policies[index]?.path ?? [])),
  );
  return { checked, problems };
}

function placed(
  { file, line, column, found, allowed }: PolicyProblem,
  path: FieldPath,
): ConfigurationProblem {
  return { path, found: `${file}, line ${line}, column ${column}: ${found}`, allowed };
}
