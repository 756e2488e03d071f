import type { KeyVersion } from '../../key-managers/backend.js';
import type { Recorded } from '../key-records.js';
import { encryptingVersion } from '../encrypting-version.js';
import type { KeyRecord } from '../record.js';
import { waitingFrom } from '../schedules/waiting.js';
import { waitingVersion } from '../state-at.js';
import {
  assertActsAreSafe,
  assertAllowed,
  cannot,
  describedKey,
  knownKey,
  namedMaterial,
} from './known-key.js';
import { LifecycleError } from './lifecycle-error.js';
import type { KeyActs, LifecyclePorts } from './lifecycle-ports.js';
import {
  assertMayBeDestroyed,
  assertNothingUnderWay,
  assertWaitingDays,
} from './schedule-deletion.js';
import { writing } from './writing.js';
import { counted } from '../../shared/counted.js';
import { DAY_MS } from '../../shared/durations.js';

/** The shortest time for which nothing may have used a version. */
export const MIN_UNUSED_DAYS = 90;
const FIRST_VERSION = 1;

/** The use of a version, as far as all replicas have told of it. */
export interface KnownUse {
  /** The time since which every replica tells of every use; undefined where one does not. */
  readonly completeSinceMs: number | undefined;
  /** The reasons why not every use is known, in words. */
  readonly gaps: readonly string[];
  /** The last use that is known, in ms since 1970. */
  readonly lastUsedMs: number | undefined;
}

/** A version that is to be retired. */
export interface RetiredVersion {
  readonly version: number;
  /** Days for which nothing has used it. */
  readonly unusedDays: number;
  /** Days of waiting before it is destroyed, 7 to 30. */
  readonly days: number;
  readonly use: KnownUse;
  /** False where ciphertexts do not name the version: then version 1 may have made any of them. */
  readonly namesMaterial: boolean;
}

/**
 * Lets a version that nothing uses wait for its destruction. Nobody can use it from now on. What
 * is not known to be unused counts as used.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function retireVersion(
  { ports }: KeyActs,
  externalKeyId: string,
  wanted: RetiredVersion,
  by: string,
): Promise<Recorded<KeyRecord>> {
  const { days } = wanted;
  const { record, material } = await retirableVersion(ports, externalKeyId, wanted);
  const { value, revision } = record;
  const now = ports.clock.now();
  const scheduled = { at: new Date(now).toISOString(), by };
  const waiting = waitingFrom({ now, ranMs: ports.ranMs() }, days, scheduled);
  const more = [...(value.retirements ?? []), { ...namedMaterial(material), waiting }];
  return writing(ports.records, { ...value, retirements: more }, revision);
}

/**
 * Finds a version that may be retired now, and the record of its key, and changes nothing.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function retirableVersion(
  ports: LifecyclePorts,
  externalKeyId: string,
  wanted: RetiredVersion,
): Promise<{ readonly record: Recorded<KeyRecord>; readonly material: KeyVersion }> {
  const { version, days } = wanted;
  assertActsAreSafe(ports);
  assertWaitingDays(days);
  const record = await knownKey(ports, externalKeyId);
  const { value } = record;
  assertAllowed(value, 'retire-version', ports.clock.now());
  assertNothingUnderWay(value);
  assertMayBeDestroyed(ports, value);
  const { keyManager, capabilities } = ports;
  if (keyManager.administration.destroyVersion === undefined) {
    throw cannot(keyManager.name, 'destroy single versions', capabilities['destroy-version']);
  }
  if (version === FIRST_VERSION && !wanted.namesMaterial) {
    const message =
      `a key store writes ciphertexts of AWS's sample, which name no version: they open with ` +
      `version 1 of ${externalKeyId}, which is never retired`;
    throw new LifecycleError('unsupported', message);
  }
  const description = await describedKey(ports, externalKeyId);
  const material = description.versions.get(version);
  if (material === undefined) {
    throw new LifecycleError('not-found', `${externalKeyId} has no material of version ${version}`);
  }
  const encrypting = encryptingVersion(description, { waiting: waitingVersion(value)?.version });
  if (encrypting === undefined || version >= encrypting.version) {
    const message = `version ${version} of ${externalKeyId} encrypts, or is to: rotate the key first`;
    throw new LifecycleError('invalid-state', message);
  }
  assertGoesInOrder(ports, value, version, [...description.versions.keys()]);
  if (value.retirements?.some((each) => each.version === version) === true) {
    const message = `version ${version} of ${externalKeyId} waits for its destruction already`;
    throw new LifecycleError('conflict', message);
  }
  assertUnused(externalKeyId, wanted, ports.clock.now());
  return { record, material };
}

/** Keeps a version that waits for its destruction. @throws LifecycleError or StateError */
export async function cancelRetirement(
  { ports }: KeyActs,
  externalKeyId: string,
  version: number,
): Promise<Recorded<KeyRecord>> {
  assertActsAreSafe(ports);
  const { value, revision } = await knownKey(ports, externalKeyId);
  assertNothingUnderWay(value);
  const { retirements = [] } = value;
  const kept = retirements.filter(
    (each) => each.version !== version || each.destroyed !== undefined,
  );
  if (kept.length === retirements.length) {
    const message = `version ${version} of ${externalKeyId} does not wait for its destruction`;
    throw new LifecycleError('invalid-state', message);
  }
  return writing(ports.records, { ...value, retirements: kept }, revision);
}

/** @throws LifecycleError where an older version stays without which this one cannot go */
function assertGoesInOrder(
  { keyManager, capabilities: { 'destroy-version': destroy } }: KeyActs['ports'],
  { externalKeyId, retirements = [] }: KeyRecord,
  version: number,
  present: readonly number[],
): void {
  if (!destroy.can || destroy.oldestFirst !== true) return;
  const retired = new Set(retirements.map((each) => each.version));
  const staying = present.filter((each) => each < version && !retired.has(each));
  if (staying.length === 0) return;
  const older = Math.min(...staying);
  const message =
    `key manager ${keyManager.name} destroys the oldest version of a key alone: retire version ` +
    `${older} of ${externalKeyId} before version ${version}`;
  throw new LifecycleError('invalid-state', message);
}

/** @throws LifecycleError for a version that was used, or of which nobody knows */
function assertUnused(
  externalKeyId: string,
  { version, unusedDays, use }: RetiredVersion,
  now: number,
): void {
  if (!Number.isInteger(unusedDays) || unusedDays < MIN_UNUSED_DAYS) {
    const message = `a version must be unused for ${MIN_UNUSED_DAYS} whole days or more`;
    throw new LifecycleError('invalid', message);
  }
  const from = now - unusedDays * DAY_MS;
  const what = `version ${version} of ${externalKeyId}`;
  if (use.lastUsedMs !== undefined && use.lastUsedMs >= from) {
    const at = new Date(use.lastUsedMs).toISOString();
    throw new LifecycleError('invalid-state', `${what} was used at ${at}`);
  }
  const { completeSinceMs, gaps } = use;
  if (completeSinceMs !== undefined && completeSinceMs <= from) return;
  const since =
    completeSinceMs === undefined
      ? `not every replica tells: ${gaps.join('; ')}`
      : `every use is known since ${new Date(completeSinceMs).toISOString()} alone`;
  throw new LifecycleError(
    'invalid-state',
    `nobody knows whether ${what} was used in the last ${counted(unusedDays, 'day')}: ${since}`,
  );
}
