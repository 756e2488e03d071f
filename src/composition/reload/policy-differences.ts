import { policySetHash } from '../../authorization/policy-source.js';
import type { Difference } from '../../configuration/changes/differences.js';
import type { LoadedConfiguration } from '../../configuration/configuration-file.js';

/** Finds the sets of policies whose files say something else, by the key stores that have them. */
export function policyDifferences(
  { policies: before }: LoadedConfiguration,
  { policies: after }: LoadedConfiguration,
): readonly Difference[] {
  const old = hashesOf(before);
  return [...hashesOf(after)].flatMap(([path, hash]): Difference[] => {
    const known = old.get(path);
    if (known === undefined || known === hash) return [];
    return [{ path, change: 'changed', before: known, after: hash, isInFile: true }];
  });
}

/** The hashes of the sets, by the fields that name their files. */
function hashesOf(policies: LoadedConfiguration['policies']): ReadonlyMap<string, string> {
  return new Map(
    policies.map(({ source, shadow }) => {
      const path = `keyStores[${source.keyStore}].policies`;
      return [shadow === undefined ? path : `${path}.shadow`, policySetHash(source)];
    }),
  );
}
