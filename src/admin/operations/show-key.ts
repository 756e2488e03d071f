import { AdminError } from '../admin-error.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';
import { findKeys } from './find-keys.js';

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
  const keys = await findKeys(inForce, query);
  const [key, ...others] = keys.filter((candidate) => candidate.externalKeyId === externalKeyId);
  if (key === undefined) {
    throw missing(inForce, `"${externalKeyId}"${within(query)}`);
  }
  if (others.length > 0) {
    const names = [key, ...others].map(({ keyManager }) => keyManager).join(', ');
    throw new AdminError(
      'conflict',
      `Several key managers have a key "${externalKeyId}": ${names}. Say which is meant.`,
    );
  }
  return key;
}

/** Another replica may have made the key while this one cannot ask the store. */
function missing({ state }: InForce, key: string): AdminError {
  if (!state.isShared || state.standing.kind === 'in-step') {
    return new AdminError('not-found', `There is no key ${key}.`);
  }
  return new AdminError(
    'unavailable',
    `This replica knows no key ${key}, but another one may have made it, and the state store ` +
      'cannot be asked. See holdfast status.',
  );
}

function within({ keyStore, keyManager }: RequestOf<Routes['showKey']>['query']): string {
  const store = keyStore === undefined ? '' : ` in key store "${keyStore}"`;
  return keyManager === undefined ? store : `${store} in key manager "${keyManager}"`;
}
