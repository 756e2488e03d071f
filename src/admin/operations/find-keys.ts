import type { KeyManager } from '../../key-managers/key-manager.js';
import { AdminError, askKeyManager } from '../admin-error.js';
import type { Key, KeyFilter } from '../contract/keys.js';
import { findKeyManager, findKeyStore, type InForce } from '../in-force.js';
import { toKey } from './to-key.js';

/**
 * Every external key that fits a filter, ordered by key manager and id; the damaged ones too.
 *
 * @throws AdminError when one of the key managers cannot list its keys: a listing that leaves
 *   out keys without a word would be worse than none
 */
export async function findKeys(inForce: InForce, filter: KeyFilter): Promise<Key[]> {
  const keyStore =
    filter.keyStore === undefined ? undefined : findKeyStore(inForce, filter.keyStore);
  const asked = askedKeyManagers(inForce, filter).filter(
    ({ name }) => keyStore === undefined || keyStore.keyManager === name,
  );
  const keys = await Promise.all(asked.map((keyManager) => listKeys(inForce, keyManager)));
  return keys.flat().filter(({ externalKeyId }) => keyStore?.exposes(externalKeyId) ?? true);
}

function askedKeyManagers(inForce: InForce, { keyManager }: KeyFilter): KeyManager[] {
  if (keyManager !== undefined) return [findKeyManager(inForce, keyManager)];
  return [...inForce.keyManagers.values()];
}

async function listKeys(inForce: InForce, keyManager: KeyManager): Promise<Key[]> {
  const { name, administration } = keyManager;
  const summaries = await askKeyManager(name, async () => administration.listKeys?.());
  if (summaries === undefined) {
    throw new AdminError('unsupported', `Key manager "${name}" cannot list its keys.`);
  }
  return summaries.map((summary) => toKey(inForce, name, summary));
}
