import { AdminError, askKeyManager } from '../admin-error.js';
import type { Key, KeyFilter, ListingGaps } from '../contract/keys.js';
import {
  type AdministeredKeyManager,
  findKeyManager,
  findKeyStore,
  type InForce,
  keyManagerOf,
} from '../in-force.js';
import { recordedKeys, toKey } from './to-key.js';

/** External keys, and the key managers of which some may be missing. */
interface FoundKeys {
  readonly keys: Key[];
  readonly gaps: ListingGaps;
}

/**
 * Every external key that fits a filter, ordered by key manager and id; the damaged ones too.
 *
 * @throws AdminError when one of the key managers cannot list its keys: a listing that leaves
 *   out keys without a word would be worse than none
 */
export async function findKeys(inForce: InForce, filter: KeyFilter): Promise<FoundKeys> {
  return found(inForce, filter, (keyManager) => listKeys(inForce, keyManager));
}

async function found(
  inForce: InForce,
  filter: KeyFilter,
  ask: (keyManager: AdministeredKeyManager) => Promise<readonly Key[]>,
): Promise<FoundKeys> {
  const asked = askedKeyManagers(inForce, filter);
  const keys = await Promise.all(asked.map(ask));
  const { keyStore } = filter;
  const fits = (key: Key) => keyStore === undefined || key.keyStores.includes(keyStore);
  return { keys: keys.flat().filter(fits), gaps: asked.flatMap(gapOf) };
}

function gapOf({ name, administration }: AdministeredKeyManager): ListingGaps {
  const reason = administration.listingGap?.();
  return reason === undefined ? [] : [{ keyManager: name, reason }];
}

/**
 * The key managers that a filter leaves, in configured order.
 *
 * @throws AdminError `not-found` for an unknown name
 */
export function askedKeyManagers(
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

/**
 * The key of one id in each key manager that a filter leaves.
 *
 * @throws AdminError when one of the key managers cannot be asked
 */
export async function findKey(
  inForce: InForce,
  externalKeyId: string,
  filter: KeyFilter,
): Promise<FoundKeys> {
  return found(inForce, filter, async (keyManager) => {
    const keys = await keysWith(inForce, externalKeyId, keyManager);
    return keys.filter((key) => key.externalKeyId === externalKeyId);
  });
}

/** The key of an id; where no single one can be asked for, all that there are. */
async function keysWith(
  inForce: InForce,
  externalKeyId: string,
  keyManager: AdministeredKeyManager,
): Promise<readonly Key[]> {
  const { name, administration } = keyManager;
  if (administration.summarizeKey === undefined) return listKeys(inForce, keyManager);
  const summary = await askKeyManager(name, async () =>
    administration.summarizeKey?.(externalKeyId),
  );
  return summary === undefined ? recordedKeys(inForce, name, []) : [toKey(inForce, name, summary)];
}

async function listKeys(inForce: InForce, keyManager: AdministeredKeyManager): Promise<Key[]> {
  const { name, administration } = keyManager;
  const summaries = await askKeyManager(name, async () => administration.listKeys?.());
  if (summaries === undefined) {
    throw new AdminError('unsupported', `Key manager "${name}" cannot list its keys.`);
  }
  return [
    ...summaries.map((summary) => toKey(inForce, name, summary)),
    ...recordedKeys(inForce, name, summaries),
  ].sort(byExternalKeyId);
}

function byExternalKeyId(a: Key, b: Key): number {
  return a.externalKeyId < b.externalKeyId ? -1 : 1;
}
