import { KeyManagerError } from '../../key-managers/backend.js';
import type { Recorded } from '../key-records.js';
import type { KeyRecord } from '../record.js';
import { assertActsAreSafe, assertAllowed, knownKey } from './known-key.js';
import type { CarryOut, KeyActs } from './lifecycle-ports.js';
import { writing } from './writing.js';

/**
 * Enables a key. @throws LifecycleError, StateError or KeyManagerError
 */
export function enableKey(acts: KeyActs, externalKeyId: string, by: string) {
  return setKeyEnabled(acts, { externalKeyId, enabled: true }, by);
}

/**
 * Disables a key: in force on this replica when it resolves, on the others within a second.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export function disableKey(acts: KeyActs, externalKeyId: string, by: string) {
  return setKeyEnabled(acts, { externalKeyId, enabled: false }, by);
}

async function setKeyEnabled(
  acts: KeyActs,
  { externalKeyId, enabled }: { readonly externalKeyId: string; readonly enabled: boolean },
  by: string,
): Promise<Recorded<KeyRecord>> {
  const { ports } = acts;
  const { records, keyManager } = ports;
  assertActsAreSafe(ports);
  const { value, revision } = await knownKey(ports, externalKeyId);
  assertAllowed(value, enabled ? 'enable' : 'disable', ports.clock.now());
  const state = enabled ? 'Enabled' : 'Disabled';
  const { intent, ...before } = value;
  const isBehindAnother = intent !== undefined && intent.act !== 'set-enabled';
  // Whatever else is under way, and may be stuck: disabling is in force at once.
  if (keyManager.administration.setKeyEnabled === undefined || (isBehindAnother && !enabled)) {
    // Written although it may say so already: another replica may have changed it just now, and
    // then the write is refused.
    return writing(records, { ...value, state }, revision);
  }
  // Disabled first here, and then there; enabled the other way round.
  // An enabling that nobody has finished must not come back after it.
  const begun: KeyRecord = enabled ? value : { ...before, state: 'Disabled' };
  return acts.perform({ value: begun, revision }, { act: 'set-enabled', enabled }, by);
}

/** Enables or disables the key at its key manager, too, where that has such a thing. */
export const carryOutSetEnabled: CarryOut = async ({ keyManager }, { intent, ...record }) => {
  const { enabled = false } = intent;
  try {
    await keyManager.administration.setKeyEnabled?.(record.externalKeyId, enabled);
  } catch (error) {
    // The record alone decides where the server is too old for more.
    if (!(error instanceof KeyManagerError) || error.code !== 'unsupported') throw error;
  }
  return { ...record, state: enabled ? 'Enabled' : 'Disabled' };
};
