import { randomBytes } from 'node:crypto';
import type { KeptCredential } from '../../src/key-stores/credentials/documents.js';
import { RunTimeCredentials } from '../../src/key-stores/credentials/run-time-credentials.js';
import { masterKeyFrom } from '../../src/sealing/master-key.js';
import { Secret } from '../../src/shared/secret.js';
import { CollectionInMemory } from './collection-in-memory.js';
import { SetClock } from './kms-simulator/key-ring.js';
import { HERE_ALONE } from './here-alone.js';
import { captureLog } from './log-lines.js';

/** A master key of tests. */
export function masterKey(byte = 7) {
  const key = new Secret(Buffer.alloc(32, byte).toString('base64'));
  return masterKeyFrom({ key }, randomBytes);
}

/** What a test of run-time credentials has otherwise. */
interface Overrides {
  readonly collection?: CollectionInMemory<KeptCredential>;
  readonly masterKey?: ReturnType<typeof masterKey> | undefined;
}

/** Credentials of a replica, with a clock that a test sets. */
export async function openedCredentials(overrides: Overrides = {}) {
  const { collection = new CollectionInMemory<KeptCredential>() } = overrides;
  const clock = new SetClock();
  const captured = captureLog();
  const credentials = await RunTimeCredentials.open({
    // It is the one collection that is asked for.
    state: { collection: () => collection as never },
    clock: { now: () => clock.nowMs },
    confirmations: HERE_ALONE,
    randomBytes,
    log: captured.logger,
    masterKey: 'masterKey' in overrides ? overrides.masterKey : masterKey(),
  });
  return { credentials, collection, clock, captured };
}

/** An administrator's words for a credential. */
export const WANTED = { keyStore: 'production', createdBy: 'alice' };

/** Nobody has an access key id otherwise. */
export const NONE_TAKEN = (): boolean => false;
