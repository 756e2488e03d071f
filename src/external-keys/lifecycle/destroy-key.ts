import { KeyManagerError } from '../../key-managers/backend.js';
import type { Recorded } from '../key-records.js';
import type { KeyRecord } from '../record.js';
import { namedMaterial, presentVersions } from './known-key.js';
import type { CarryOut, KeyActs, LifecyclePorts } from './lifecycle-ports.js';
import { tellDestroyed } from './tell-destroyed.js';

/**
 * Destroys a key whose waiting period is over. From the moment that it is written down there is no
 * way back, and the key is Destroyed.
 *
 * @param by whoever says that it is time
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function destroyKey(
  acts: KeyActs,
  { value, revision }: Recorded<KeyRecord>,
  by: string,
): Promise<Recorded<KeyRecord>> {
  const { deletion, ...record } = value;
  const { administration } = acts.ports.keyManager;
  const present = await presentVersions(acts.ports, value.externalKeyId);
  const masterKeyId = await administration.masterKeyIdOf?.(value.externalKeyId);
  const destroyed: KeyRecord = {
    ...record,
    state: 'Destroyed',
    destruction: {
      ...(deletion && { waited: deletion }),
      ...(masterKeyId !== undefined && { masterKeyId }),
      materials: [...present.values()].map(namedMaterial),
    },
  };
  return acts.perform({ value: destroyed, revision }, { act: 'destroy' }, by);
}

/**
 * Destroys a key when no live replica uses it any more, reads back that it is gone, and certifies
 * it. It is not undone, whatever the key manager says: it is tried again.
 */
export const carryOutDestroy: CarryOut = async (ports, { intent, ...record }) => {
  const { keyManager, records, clock } = ports;
  const { externalKeyId, destruction } = record;
  await ports.settled(records.keyRecordOf(externalKeyId)?.revision ?? 0);
  await withoutWayBack(externalKeyId, async () => {
    await keyManager.administration.destroyKey?.(externalKeyId);
    await assertGone(ports, externalKeyId);
  });
  const { materials = [], waited, told, masterKeyId } = destruction ?? {};
  const at = told?.destroyedAt ?? new Date(clock.now()).toISOString();
  const done = { at, by: intent.begun.by };
  await tellDestroyed(ports, record, {
    ...{ extent: 'key', materials, masterKeyId, done },
    asked: waited && { ...waited.scheduled, days: waited.days },
    isTold: told !== undefined,
  });
  return { ...record, destruction: { ...destruction, materials, done } };
};

/** @throws KeyManagerError `internal` for a key that is still there */
async function assertGone(ports: LifecyclePorts, externalKeyId: string): Promise<void> {
  if ((await presentVersions(ports, externalKeyId)).size === 0) return;
  throw new KeyManagerError('internal', `${externalKeyId} is still there after its destruction`);
}

/**
 * Does what must not be undone: a refusal would free a key whose material may be gone in part.
 *
 * @throws KeyManagerError of a code after which the act goes on later
 */
export async function withoutWayBack<T>(externalKeyId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof KeyManagerError)) throw cause;
    const message = `${externalKeyId} cannot be destroyed now: ${cause.message}`;
    throw new KeyManagerError('internal', message, { cause });
  }
}
