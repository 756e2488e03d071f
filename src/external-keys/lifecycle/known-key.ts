import type { Capability } from '../../key-managers/capabilities.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeyVersion,
} from '../../key-managers/backend.js';
import { untraced } from '../../key-managers/key-manager.js';
import { Deadline } from '../../shared/deadline.js';
import type { Recorded } from '../key-records.js';
import type { IdRecord, KeyRecord } from '../record.js';
import { stateAt } from '../state-at.js';
import { KEY_STATES, type KeyAct, STATE_TABLE } from '../states.js';
import { LifecycleError } from './lifecycle-error.js';
import type { LifecyclePorts } from './lifecycle-ports.js';

/** Time for a question of the key manager. */
const BUDGET_MS = 10_000;

/**
 * Finds the record of a key, or begins one for a key that only its key manager knows.
 *
 * @returns revision 0, or that of a tombstone, for a record that is not written yet
 * @throws LifecycleError `not-found`, or `conflict` for an alias and a damaged record
 */
export async function knownKey(
  ports: LifecyclePorts,
  externalKeyId: string,
): Promise<Recorded<KeyRecord>> {
  const { records } = ports;
  const recorded = records.keyRecordOf(externalKeyId);
  if (recorded !== undefined) return recorded;
  const document = records.documentOf(externalKeyId);
  if (document?.kind === 'value') throw notAKey(externalKeyId, document.value);
  if (document !== undefined && 'problem' in document) {
    throw new LifecycleError('conflict', `the record cannot be used: ${document.problem}`);
  }
  await describedKey(ports, externalKeyId);
  const value: KeyRecord = { kind: 'key', externalKeyId, state: 'Enabled', origin: 'found' };
  return { value, revision: document?.revision ?? 0 };
}

/**
 * Asks the key manager for a key as it is now.
 *
 * @throws LifecycleError `not-found`, or KeyManagerError
 */
export async function describedKey(
  ports: Pick<LifecyclePorts, 'keyManager' | 'clock'>,
  externalKeyId: string,
): Promise<KeyDescription> {
  const described = await describedKeyIfThere(ports, externalKeyId);
  if (described !== undefined) return described;
  const message = `there is no key "${externalKeyId}" in key manager "${ports.keyManager.name}"`;
  throw new LifecycleError('not-found', message);
}

/**
 * The same for a key that may not be there.
 *
 * @throws KeyManagerError
 */
export async function describedKeyIfThere(
  { keyManager, clock }: Pick<LifecyclePorts, 'keyManager' | 'clock'>,
  externalKeyId: string,
): Promise<KeyDescription | undefined> {
  try {
    const call = untraced(Deadline.after(clock, BUDGET_MS));
    return await keyManager.describeKeyAnew(externalKeyId, call);
  } catch (error) {
    if (!(error instanceof KeyManagerError) || error.code !== 'key-not-found') throw error;
    return undefined;
  }
}

/**
 * The versions that have material at the key manager, those that wait too, by number.
 *
 * @returns none for a key that its key manager makes with its first material
 * @throws KeyManagerError
 */
export async function presentVersions(
  ports: Pick<LifecyclePorts, 'keyManager' | 'clock'>,
  externalKeyId: string,
): Promise<ReadonlyMap<number, KeyVersion>> {
  return (await describedKeyIfThere(ports, externalKeyId))?.versions ?? new Map();
}

/** A version and the name of its material in hexadecimal, as records have them. */
export function namedMaterial({ version, materialName }: KeyVersion) {
  return { version, materialName: materialName.toString('hex') };
}

/** @throws LifecycleError `invalid-state` where the state of the key does not allow the act */
export function assertAllowed(record: KeyRecord, act: KeyAct, nowMs: number): void {
  const { externalKeyId } = record;
  const state = stateAt(record, nowMs);
  const { acts, meaning } = STATE_TABLE[state];
  if (acts.has(act)) return;
  throw new LifecycleError(
    'invalid-state',
    `${externalKeyId} is ${state}, and ${act} needs a key that is ${statesThatAllow(act)}. ${meaning}`,
  );
}

/** @throws LifecycleError `unsupported` where two replicas could do one act at the same time */
export function assertActsAreSafe({ actsAreSafe, keyManager }: LifecyclePorts): void {
  if (actsAreSafe) return;
  throw new LifecycleError(
    'unsupported',
    `several replicas share key manager ${keyManager.name} and have no state store in common, so ` +
      'nobody could keep two of them from doing it at the same time. Use a state store in ' +
      'PostgreSQL, or the tools of the key manager.',
  );
}

/** The refusal of an act that a key manager cannot do, and what to do instead. */
export function cannot(keyManager: string, what: string, capability: Capability): LifecycleError {
  const instead = capability.can ? (capability.limits ?? '') : capability.instead;
  const message = `key manager ${keyManager} cannot ${what}. ${instead}`.trim();
  return new LifecycleError('unsupported', message);
}

function statesThatAllow(act: KeyAct): string {
  const states = KEY_STATES.filter((state) => STATE_TABLE[state].acts.has(act));
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(states);
}

function notAKey(externalKeyId: string, value: IdRecord): LifecycleError {
  if (value.externalKeyId !== externalKeyId) {
    return new LifecycleError(
      'conflict',
      `${value.externalKeyId} differs from ${externalKeyId} by case alone, and has a record`,
    );
  }
  const target = value.kind === 'alias' ? ` of the key ${value.targets[0]}` : '';
  return new LifecycleError('conflict', `${externalKeyId} is an alias${target}: name the key`);
}
