import type { Recorded } from '../key-records.js';
import { type KeyRecord, WAITING_DAYS } from '../record.js';
import { waitingFrom } from '../schedules/waiting.js';
import { assertActsAreSafe, assertAllowed, cannot, knownKey } from './known-key.js';
import { LifecycleError } from './lifecycle-error.js';
import type { KeyActs, LifecyclePorts } from './lifecycle-ports.js';
import { writing } from './writing.js';

/**
 * Lets a key wait for its destruction: nobody can use it from now on, and until the end of the
 * waiting period the deletion can be cancelled.
 *
 * @param days of waiting, 7 to 30
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function scheduleDeletion(
  { ports }: KeyActs,
  externalKeyId: string,
  days: number,
  by: string,
): Promise<Recorded<KeyRecord>> {
  const { value, revision } = await deletableKey(ports, externalKeyId, days);
  const now = ports.clock.now();
  const scheduled = { at: new Date(now).toISOString(), by };
  const deletion = waitingFrom({ now, ranMs: ports.ranMs() }, days, scheduled);
  return writing(ports.records, { ...value, state: 'PendingDeletion', deletion }, revision);
}

/**
 * Finds the record of a key whose deletion may be scheduled now, and changes nothing.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function deletableKey(
  ports: LifecyclePorts,
  externalKeyId: string,
  days: number,
): Promise<Recorded<KeyRecord>> {
  assertActsAreSafe(ports);
  assertWaitingDays(days);
  const record = await knownKey(ports, externalKeyId);
  const { value } = record;
  assertAllowed(value, 'schedule-deletion', ports.clock.now());
  assertNothingUnderWay(value);
  assertMayBeDestroyed(ports, value);
  if (ports.keyManager.administration.destroyKey !== undefined) return record;
  throw cannot(ports.keyManager.name, 'destroy keys', ports.capabilities['destroy-key']);
}

/**
 * Cancels the deletion of a key, which is Disabled afterwards, as in KMS.
 *
 * @throws LifecycleError or StateError
 */
export async function cancelDeletion(
  { ports }: KeyActs,
  externalKeyId: string,
): Promise<Recorded<KeyRecord>> {
  assertActsAreSafe(ports);
  const { value, revision } = await knownKey(ports, externalKeyId);
  assertAllowed(value, 'cancel-deletion', ports.clock.now());
  return writing(ports.records, cancelled(value), revision);
}

function cancelled({ deletion: _over, ...record }: KeyRecord): KeyRecord {
  return { ...record, state: 'Disabled' };
}

/** @throws LifecycleError `invalid` */
export function assertWaitingDays(days: number): void {
  const { min, max } = WAITING_DAYS;
  if (Number.isInteger(days) && days >= min && days <= max) return;
  const message = `the waiting period is ${min} to ${max} whole days, and not ${days}`;
  throw new LifecycleError('invalid', message);
}

/** @throws LifecycleError `conflict` for a key of which an act is begun and not finished */
export function assertNothingUnderWay({ externalKeyId, intent }: KeyRecord): void {
  if (intent === undefined) return;
  throw new LifecycleError('conflict', `another act on ${externalKeyId} is under way`);
}

/** @throws LifecycleError `invalid-state` for a key that others may use */
export function assertMayBeDestroyed(
  { ownsKeys, keyManager }: LifecyclePorts,
  { externalKeyId, origin, adopted }: KeyRecord,
): void {
  if (ownsKeys || origin !== 'found' || adopted !== undefined) return;
  throw new LifecycleError(
    'invalid-state',
    `${externalKeyId} was made elsewhere, and others may use it in ${keyManager.name}. If nobody ` +
      `does, adopt it first: holdfast keys adopt ${externalKeyId}`,
  );
}
