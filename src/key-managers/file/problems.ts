import type { KeyRing } from './key-ring.js';

/** What is wrong with the folder, a sentence each, for the health of its node. */
export function problemsOf(ring: KeyRing): string[] {
  const damaged = [...ring.damaged].map(({ externalKeyId }) => externalKeyId);
  const uncounted = [...ring.keys]
    .filter((key) => key.isCountingFailing)
    .map((key) => key.description.externalKeyId);

  const problems: string[] = [];
  if (damaged.length > 0) problems.push(`damaged key documents: ${damaged.join(', ')}`);
  if (uncounted.length > 0) {
    problems.push(
      `encryptions cannot be counted, so Encrypt fails or will: ${uncounted.join(', ')}`,
    );
  }
  return problems;
}
