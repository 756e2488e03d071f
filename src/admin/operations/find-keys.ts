import { AdminError, askKeyManager } from '../admin-error.js';
import type { Key, KeyFilter } from '../contract/keys.js';
import {
  type AdministeredKeyManager,
  findKeyManager,
  findKeyStore,
  type InForce,
  keyManagerOf,
} from '../in-force.js';
import { toKey } from './to-key.js';

/**
 * Every external key that fits a filter, ordered by key manager and id; the damaged ones too.
 *
 * @throws AdminError when one of the key managers cannot list its keys: a listing that leaves
 *   out keys without a word would be worse than none
 */
export async function findKeys(inForce: InForce, filter: KeyFilter): Promise<Key[]> {
  const keys = await Promise.all(
    askedKeyManagers(inForce, filter).map((keyManager) => listKeys(inForce, keyManager)),
  );
  const { keyStore } = filter;
  return keys.flat().filter((key) => keyStore === undefined || key.keyStores.includes(keyStore));
}

function askedKeyManagers(
  inForce: InForce,
  { keyStore, keyManager }: KeyFilter,
): AdministeredKeyManager[] {
  const asked =
    keyManager === undefined
      ? [...inForce.keyManagers.values()]
      : [findKeyManager(inForce, keyManager)];
  if (keyStore === undefined) return asked;
  const holder = keyManagerOf(inForce, findKeyStore(inForce, keyStore));
  return asked.filter(({ name }) => name === holder.name);
}

async function listKeys(inForce: InForce, keyManager: AdministeredKeyManager): Promise<Key[]> {
  const { name, administration } = keyManager;
  const summaries = await askKeyManager(name, async () => administration.listKeys?.());
  if (summaries === undefined) {
    throw new AdminError('unsupported', `Key manager "${name}" cannot list its keys.`);
  }
  return summaries.map((summary) => toKey(inForce, name, summary));
}
