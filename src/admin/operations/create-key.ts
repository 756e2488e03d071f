import { HEALTH_TEST_KEY_ID, type KeySummary } from '../../key-managers/backend.js';
import { createKey as create } from '../../external-keys/lifecycle/create-key.js';
import { describedKey } from '../../external-keys/lifecycle/known-key.js';
import type { LifecyclePorts } from '../../external-keys/lifecycle/lifecycle-ports.js';
import { AdminError } from '../admin-error.js';
import { askActs } from '../ask-acts.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { actsOf, findKeyStore, type InForce, keyManagerOf } from '../in-force.js';
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
  { body }: RequestOf<Routes['createKey']>,
  by: string,
): Promise<AnswerOf<Routes['createKey']>> {
  const { externalKeyId, keyStore: keyStoreName, usage, origin = 'generated', ...rest } = body;
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
  const { name } = keyManagerOf(inForce, keyStore);
  const acts = actsOf(inForce, name);
  return askActs(name, async () => {
    await create(acts, { externalKeyId, usage: new Set(usage), origin, ...rest }, by);
    return toKey(inForce, name, await summaryOf(acts.ports, externalKeyId));
  });
}

/** The key as its key manager has it now; without a description where it waits for an import. */
async function summaryOf(ports: LifecyclePorts, externalKeyId: string): Promise<KeySummary> {
  const record = ports.records.keyRecordOf(externalKeyId)?.value;
  if (record?.state !== 'PendingImport') {
    const summary = await ports.keyManager.administration.summarizeKey?.(externalKeyId);
    return summary ?? { description: await describedKey(ports, externalKeyId) };
  }
  const usage = new Set(record.usage);
  const nothing = { enabled: false, current: undefined, versions: new Map() };
  return { description: { externalKeyId, usage, ...nothing } };
}
