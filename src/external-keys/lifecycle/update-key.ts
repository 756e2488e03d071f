import type { Recorded } from '../key-records.js';
import type { KeyRecord, RotationSchedule } from '../record.js';
import { isTimeZone } from '../../shared/time-zone.js';
import { assertActsAreSafe, assertAllowed, cannot, knownKey } from './known-key.js';
import { LifecycleError } from './lifecycle-error.js';
import type { KeyActs } from './lifecycle-ports.js';
import { writing } from './writing.js';

/** The words of an operator about a key; what is absent stays as it is. */
export interface KeyWords {
  readonly description?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** Changes description and tags. @throws LifecycleError, StateError or KeyManagerError */
export async function updateKey(
  acts: KeyActs,
  externalKeyId: string,
  { description, tags }: KeyWords,
): Promise<Recorded<KeyRecord>> {
  return changed(acts, externalKeyId, 'update', (record) => ({
    ...record,
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags }),
  }));
}

/**
 * Says that nobody else uses a key that Holdfast has not made, so that it may be destroyed.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function adoptKey(
  acts: KeyActs,
  externalKeyId: string,
  by: string,
): Promise<Recorded<KeyRecord>> {
  const at = new Date(acts.ports.clock.now()).toISOString();
  return changed(acts, externalKeyId, 'adopt', ({ adopted = { at, by }, ...record }) => ({
    ...record,
    adopted,
  }));
}

/**
 * Sets or ends the rotation of a key by the calendar. Its periods count from now.
 *
 * @param every undefined ends it
 * @throws LifecycleError `unsupported` for a key that no schedule can rotate, `invalid` for a time
 *   zone that is not known; StateError or KeyManagerError
 */
export async function scheduleRotation(
  acts: KeyActs,
  externalKeyId: string,
  every: RotationSchedule['every'] | undefined,
): Promise<Recorded<KeyRecord>> {
  const since = new Date(acts.ports.clock.now()).toISOString();
  if (every !== undefined) await assertRotatesBySchedule(acts, externalKeyId, every);
  return changed(acts, externalKeyId, 'update', ({ rotation: _before, ...record }) =>
    every === undefined ? record : { ...record, rotation: { every, since } },
  );
}

async function assertRotatesBySchedule(
  { ports }: KeyActs,
  externalKeyId: string,
  every: RotationSchedule['every'],
): Promise<void> {
  const { keyManager, capabilities } = ports;
  if (keyManager.administration.rotateKey === undefined) {
    throw cannot(keyManager.name, 'rotate keys', capabilities.rotate);
  }
  if (every.kind !== 'days' && !isTimeZone(every.timeZone)) {
    const message = `${every.timeZone} is no time zone that is known here, such as Europe/Berlin or UTC`;
    throw new LifecycleError('invalid', message);
  }
  const { value } = await knownKey(ports, externalKeyId);
  if (value.origin === 'generated') return;
  const isImported = value.origin === 'external' || (await hasImported(ports, externalKeyId));
  if (!isImported) return;
  throw new LifecycleError(
    'unsupported',
    `the material of ${externalKeyId} is imported, and no schedule can make more of it. Import ` +
      'further material and rotate to it',
  );
}

/** Tells whether the key manager says so of a key that it had before its record. */
async function hasImported(
  { keyManager }: KeyActs['ports'],
  externalKeyId: string,
): Promise<boolean> {
  const keys = (await keyManager.administration.listKeys?.()) ?? [];
  return keys.some(
    ({ description, origin }) =>
      description.externalKeyId === externalKeyId && origin === 'external',
  );
}

async function changed(
  { ports }: KeyActs,
  externalKeyId: string,
  act: 'update' | 'adopt',
  change: (record: KeyRecord) => KeyRecord,
): Promise<Recorded<KeyRecord>> {
  assertActsAreSafe(ports);
  const { value, revision } = await knownKey(ports, externalKeyId);
  assertAllowed(value, act, ports.clock.now());
  return writing(ports.records, change(value), revision);
}
