import { describedKeyIfThere } from '../../external-keys/lifecycle/known-key.js';
import type { KeyActs } from '../../external-keys/lifecycle/lifecycle-ports.js';
import type { KeyRecords } from '../../external-keys/key-records.js';
import { AdminError } from '../admin-error.js';
import { askActs } from '../ask-acts.js';
import type { KeyFilter } from '../contract/keys.js';
import { actsOf, type InForce } from '../in-force.js';
import { askedKeyManagers } from './find-keys.js';

/**
 * Finds the key manager that an act on a key is for, without listing any keys.
 *
 * @throws AdminError `not-found`, or `conflict` where several key managers have such a key
 */
export async function locateKey(
  inForce: InForce,
  externalKeyId: string,
  filter: KeyFilter,
): Promise<KeyActs> {
  const candidates = askedKeyManagers(inForce, filter).map(({ name }) => actsOf(inForce, name));
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  const having: KeyActs[] = [];
  for (const acts of candidates) if (await hasKey(acts, externalKeyId)) having.push(acts);
  const [found, ...more] = having;
  if (found === undefined) throw new AdminError('not-found', `There is no key "${externalKeyId}".`);
  if (more.length === 0) return found;
  const names = having.map(({ ports }) => ports.keyManager.name).join(', ');
  throw new AdminError(
    'conflict',
    `Several key managers have a key "${externalKeyId}": ${names}. Say which is meant.`,
  );
}

async function hasKey({ ports }: KeyActs, externalKeyId: string): Promise<boolean> {
  const { records, keyManager } = ports;
  if (records.keyRecordOf(externalKeyId) ?? records.aliasRecordOf(externalKeyId)) return true;
  const described = () => describedKeyIfThere(ports, externalKeyId);
  return (await askActs(keyManager.name, described)) !== undefined;
}

/** @throws AdminError `conflict` that names the key to which an alias points */
export function assertNoAlias(records: KeyRecords, externalKeyId: string): void {
  const alias = records.aliasRecordOf(externalKeyId)?.value;
  if (alias === undefined) return;
  const [target] = alias.targets;
  const message = `${externalKeyId} is an alias of the key ${target}: name the key.`;
  throw new AdminError('conflict', message);
}
