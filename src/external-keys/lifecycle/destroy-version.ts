import { KeyManagerError } from '../../key-managers/backend.js';
import type { Recorded } from '../key-records.js';
import type { KeyRecord, Retirement } from '../record.js';
import { withoutWayBack } from './destroy-key.js';
import { presentVersions } from './known-key.js';
import type { CarryOut, KeyActs, LifecyclePorts } from './lifecycle-ports.js';
import { tellDestroyed } from './tell-destroyed.js';

/**
 * Destroys a version whose waiting period is over. From the moment that it is written down there is
 * no way back.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export function destroyVersion(
  acts: KeyActs,
  record: Recorded<KeyRecord>,
  version: number,
  by: string,
): Promise<Recorded<KeyRecord>> {
  return acts.perform(record, { act: 'destroy-version', version }, by);
}

/** Destroys one version when no live replica uses it any more, and certifies it. */
export const carryOutDestroyVersion: CarryOut = async (ports, { intent, ...record }) => {
  const { keyManager, records, clock } = ports;
  const { externalKeyId, retirements = [], imports } = record;
  const retirement = retirements.find(({ version }) => version === intent.version);
  if (retirement === undefined) return record;
  const { version, materialName, waiting, told } = retirement;
  await ports.settled(records.keyRecordOf(externalKeyId)?.revision ?? 0);
  const masterKeyId = await withoutWayBack(externalKeyId, async () => {
    const sealedUnder = await keyManager.administration.masterKeyIdOf?.(externalKeyId);
    await keyManager.administration.destroyVersion?.(externalKeyId, version);
    await assertGone(ports, externalKeyId, version);
    return sealedUnder;
  }).catch((error: unknown) => {
    throw untouchedOr(error);
  });
  const at = told?.destroyedAt ?? new Date(clock.now()).toISOString();
  const done = { at, by: intent.begun.by };
  await tellDestroyed(ports, record, {
    ...{ extent: 'version', version, materials: [{ version, materialName }], masterKeyId, done },
    asked: waiting && { ...waiting.scheduled, days: waiting.days },
    isTold: told !== undefined,
  });
  const gone: Retirement = { ...retirement, destroyed: done };
  return {
    ...record,
    // Destroyed for good: the same material is not imported again, and nothing knows it any more.
    ...(imports && { imports: imports.filter((each) => each.version !== version) }),
    retirements: retirements.map((each) => (each.version === version ? gone : each)),
  };
};

/**
 * A version that its key manager does not destroy now, because an older one is there, goes on
 * waiting: an intent that stays would keep the older one, and the key, from every other act.
 */
function untouchedOr(error: unknown): unknown {
  const { cause } = error instanceof Error ? error : {};
  return cause instanceof KeyManagerError && cause.code === 'unsupported' ? cause : error;
}

/** @throws KeyManagerError `internal` for a version that can still be used */
async function assertGone(
  ports: LifecyclePorts,
  externalKeyId: string,
  version: number,
): Promise<void> {
  if (!(await presentVersions(ports, externalKeyId)).has(version)) return;
  const message = `version ${version} of ${externalKeyId} is still there after its destruction`;
  throw new KeyManagerError('internal', message);
}
