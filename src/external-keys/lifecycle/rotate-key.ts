import { KeyManagerError } from '../../key-managers/backend.js';
import type { Recorded } from '../key-records.js';
import type { KeyRecord } from '../record.js';
import { periodAfter } from '../schedules/next-rotation.js';
import {
  assertActsAreSafe,
  assertAllowed,
  cannot,
  describedKey,
  knownKey,
  presentVersions,
} from './known-key.js';
import { isCertainlyUndone } from './certainly-undone.js';
import { makeWitness } from './import-witness.js';
import { LifecycleError } from './lifecycle-error.js';
import type { CarryOut, KeyActs, LifecyclePorts } from './lifecycle-ports.js';
import { isUsable, waitingVersion } from '../state-at.js';

/** The name of the one who acts when a schedule says so. */
export const SCHEDULE = 'schedule';

/**
 * Gives a key new material, which encrypts from then on; what was encrypted before opens with the
 * material that made it.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function rotateKey(
  acts: KeyActs,
  externalKeyId: string,
  by: string,
): Promise<Recorded<KeyRecord>> {
  const { ports } = acts;
  const { keyManager, capabilities } = ports;
  assertActsAreSafe(ports);
  const record = await knownKey(ports, externalKeyId);
  assertAllowed(record.value, 'rotate', ports.clock.now());
  if (keyManager.administration.rotateKey === undefined) {
    throw cannot(keyManager.name, 'rotate keys', capabilities.rotate);
  }
  if (record.value.origin === 'external') {
    return acts.perform(record, { act: 'rotate', from: beforeWaiting(ports, record.value) }, by);
  }
  const { current, enabled } = await describedKey(ports, externalKeyId);
  if (current === undefined || !enabled) {
    const message = `no version of ${externalKeyId} can encrypt, so there is nothing to rotate from`;
    throw new LifecycleError('invalid-state', message);
  }
  return acts.perform(record, { act: 'rotate', from: current.version }, by);
}

/** Rotates the key, unless a version after the one of the intent is there. */
export const carryOutRotate: CarryOut = async (ports, { intent, ...record }) => {
  const { keyManager, clock, events } = ports;
  const { externalKeyId } = record;
  const { from = 0, begun } = intent;
  const summary = await keyManager.administration.rotateKey?.(externalKeyId, from);
  const versions = summary?.description.versions.keys() ?? [];
  const keyVersion = Math.max(from + 1, ...versions);
  const cause = begun.by === SCHEDULE ? 'schedule' : 'on-demand';
  const { name } = keyManager;
  events.tell({
    event: 'key-rotated',
    keyManager: name,
    externalKeyId,
    keyVersion,
    cause,
    by: begun.by,
  });
  const now = clock.now();
  const { rotation } = record;
  const isBySchedule = begun.by === SCHEDULE && rotation !== undefined;
  return {
    ...(await rotatedImports(ports, record)),
    lastRotated: { at: new Date(now).toISOString(), by: begun.by },
    ...(isBySchedule ? { rotation: periodAfter(rotation, now) } : {}),
  };
};

/**
 * The version that encrypts while further imported material waits.
 *
 * @throws LifecycleError where none waits: imported keys never get material that was generated
 */
function beforeWaiting({ clock }: LifecyclePorts, record: KeyRecord): number {
  const { externalKeyId, imports = [] } = record;
  const waiting = waitingVersion(record);
  if (waiting === undefined || !isUsable(waiting, clock.now())) {
    throw new LifecycleError(
      'invalid-state',
      `${externalKeyId} has imported material, and none waits for a rotation. Import further ` +
        'material as a new version first',
    );
  }
  return Math.max(...imports.map(({ version, waits }) => (waits === true ? 0 : version)));
}

/** The record of a key whose imported version waits no more, and has a witness of its own. */
async function rotatedImports(ports: LifecyclePorts, record: KeyRecord): Promise<KeyRecord> {
  const target = waitingVersion(record);
  if (target === undefined) return record;
  const { externalKeyId, imports = [] } = record;
  try {
    const known = (await presentVersions(ports, externalKeyId)).get(target.version);
    const witness = known && (await makeWitness(ports, externalKeyId, known));
    const rotatedTo = { ...target, waits: undefined, witness };
    return { ...record, imports: imports.map((each) => (each === target ? rotatedTo : each)) };
  } catch (cause) {
    if (!isCertainlyUndone(cause)) throw cause;
    // The key manager has rotated the key: that is not undone.
    const message = `the rotation cannot be finished: ${cause.message}`;
    throw new KeyManagerError('internal', message, { cause });
  }
}
