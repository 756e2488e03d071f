import { HEALTH_TEST_KEY_ID } from '../key-managers/backend.js';
import type { ExposureConfig } from './config.js';
import { compilePattern } from '../shared/wildcard.js';
import { isPattern, patternsOverlap } from './key-pattern.js';

/** Tells whether an external key is exposed. */
export type ExposureMatcher = (externalKeyId: string) => boolean;

/** Prepares what a key store exposes for being asked on every request. */
export function compileExposure(exposes: ExposureConfig): ExposureMatcher {
  if (exposes === 'all') return (externalKeyId) => externalKeyId !== HEALTH_TEST_KEY_ID;
  const ids = new Set(exposes.filter((entry) => !isPattern(entry)));
  const patterns = exposes.filter(isPattern).map(compilePattern);
  return (externalKeyId) =>
    externalKeyId !== HEALTH_TEST_KEY_ID &&
    (ids.has(externalKeyId) || patterns.some((fits) => fits(externalKeyId)));
}

/**
 * Finds out whether two key stores of one key manager expose a key in common, now or when it
 * will have been created.
 *
 * @returns an entry of each that meet, as written; `undefined` when no key can ever fit both
 */
export function findOverlap(
  a: ExposureConfig,
  b: ExposureConfig,
): readonly [string, string] | undefined {
  for (const entryOfA of entriesOf(a)) {
    const entryOfB = entriesOf(b).find((entry) =>
      patternsOverlap(asPattern(a, entryOfA), asPattern(b, entry)),
    );
    if (entryOfB !== undefined) return [entryOfA, entryOfB];
  }
  return undefined;
}

function entriesOf(exposes: ExposureConfig): readonly string[] {
  return exposes === 'all' ? ['all'] : exposes;
}

function asPattern(exposes: ExposureConfig, entry: string): string {
  return exposes === 'all' ? '*' : entry;
}
