import { HEALTH_TEST_KEY_ID } from '../../key-managers/backend.js';
import { AdminError, askKeyManager } from '../admin-error.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { findKeyStore, type InForce, keyManagerOf } from '../in-force.js';
import { toKey } from './to-key.js';

/**
 * Creates an external key, at once usable by KMS through the key store that is named.
 *
 * @throws AdminError `not-found` for the key store, `invalid-request` for the health-test key,
 *   `not-exposed` for a key that KMS could not reach, `conflict` for an id that is taken,
 *   `unsupported` where keys are made by other means
 */
export async function createKey(
  inForce: InForce,
  { body: { externalKeyId, keyStore: keyStoreName, usage } }: RequestOf<Routes['createKey']>,
): Promise<AnswerOf<Routes['createKey']>> {
  const keyStore = findKeyStore(inForce, keyStoreName);
  if (externalKeyId === HEALTH_TEST_KEY_ID) {
    throw new AdminError('invalid-request', `"${externalKeyId}" is kept for health checks.`);
  }
  if (!keyStore.exposes(externalKeyId)) {
    throw new AdminError(
      'not-exposed',
      `Key store "${keyStoreName}" does not expose "${externalKeyId}", so KMS could not use it. Add it to the key store's "exposes", or choose an id that fits.`,
    );
  }
  const { name, administration } = keyManagerOf(inForce, keyStore);
  const created = await askKeyManager(name, async () =>
    administration.createKey?.(externalKeyId, new Set(usage)),
  );
  if (created === undefined) {
    throw new AdminError(
      'unsupported',
      `Key manager "${name}" cannot create keys. Create the key with its own tools.`,
    );
  }
  return toKey(inForce, name, created);
}
