import { AdminError } from '../admin-error.js';
import type { ListingGaps } from '../contract/keys.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { actsOf, type InForce } from '../in-force.js';
import { assertNoAlias } from './locate-key.js';
import { askedKeyManagers, findKey } from './find-keys.js';

/**
 * Describes one external key. Two key managers may each have a key of one id; then the filter
 * has to say which is meant.
 *
 * @throws AdminError `not-found`; `unavailable` where the state store cannot be asked; or
 *   `conflict` when more than one key fits
 */
export async function showKey(
  inForce: InForce,
  { pathParameters: { externalKeyId }, query }: RequestOf<Routes['showKey']>,
): Promise<AnswerOf<Routes['showKey']>> {
  const { keys, gaps } = await findKey(inForce, externalKeyId, query);
  const [key, ...others] = keys;
  if (key === undefined) {
    for (const { name } of askedKeyManagers(inForce, query)) {
      assertNoAlias(actsOf(inForce, name).ports.records, externalKeyId);
    }
    throw missing(gaps, `"${externalKeyId}"${within(query)}`);
  }
  if (others.length > 0) {
    const names = [key, ...others].map(({ keyManager }) => keyManager).join(', ');
    throw new AdminError(
      'conflict',
      `Several key managers have a key "${externalKeyId}": ${names}. Say which is meant.`,
    );
  }
  const { certificates } = actsOf(inForce, key.keyManager).ports;
  return { ...key, gaps, certificate: certificates.of(key.keyManager, externalKeyId) };
}

/** Another replica may have made the key while this one cannot ask for it. */
function missing(gaps: ListingGaps, key: string): AdminError {
  if (gaps.length === 0) return new AdminError('not-found', `There is no key ${key}.`);
  const reasons = gaps.map(({ keyManager, reason }) => `${keyManager}: ${reason}`).join('; ');
  return new AdminError(
    'unavailable',
    `This replica knows no key ${key}, but another one may have made it: ${reasons}. See ` +
      'holdfast status.',
  );
}

function within({ keyStore, keyManager }: RequestOf<Routes['showKey']>['query']): string {
  const store = keyStore === undefined ? '' : ` in key store "${keyStore}"`;
  return keyManager === undefined ? store : `${store} in key manager "${keyManager}"`;
}
