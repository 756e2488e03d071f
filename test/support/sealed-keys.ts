import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { PlacedKeys } from '../../src/key-managers/sealed/keys/placed-keys.js';
import { checkedAdministration } from '../../src/key-managers/nodes/checked-administration.js';
import {
  createSealedKeyManagerNode,
  type SealedKeyManagerStart,
} from '../../src/key-managers/sealed/state/create.js';
import { systemClock } from '../../src/shared/clock.js';
import { masterKeyFrom } from '../../src/sealing/master-key.js';
import { Secret } from '../../src/shared/secret.js';
import type { StateCopy } from '../../src/state/copy/state-copy.js';
import type { StateStore } from '../../src/state/store.js';
import { canaries } from './canaries.js';
import { captureLog, type CapturedLog } from './log-lines.js';
import type { MemoryState } from './memory-state-store.js';
import { MemoryStateStore } from './memory-state-store.js';
import { stateReplica, TERMS } from './state-replica.js';

/** A replica with sealed keys in a shared state. */
export interface SealedReplica extends PlacedKeys {
  readonly state: StateCopy;
  readonly store: StateStore;
  readonly log: CapturedLog;
  close(): Promise<void>;
}

/** A replica's settings that a test wants to be different. */
export interface SealedReplicaSettings extends SealedKeyManagerStart {
  readonly masterKey?: Buffer;
  /** In place of a key: opening the first document takes a third of a second. */
  readonly passphrase?: string;
  readonly store?: StateStore;
  readonly mayRenew?: (externalKeyId: string) => boolean;
  /** The folder for its last copy of the state; absent for a replica that keeps none. */
  readonly lastCopyIn?: string;
}

/** The name of the key manager. */
export const SEALED = 'sealed';

/** Starts a replica on a state in memory; it is closed when the test ends, if not earlier. */
export async function sealedReplica(
  memory: MemoryState,
  settings: SealedReplicaSettings = {},
): Promise<SealedReplica> {
  const {
    masterKey = canaries.masterKey,
    passphrase,
    store = new MemoryStateStore(memory),
    init = true,
    mayRenew,
    lastCopyIn,
    ...start
  } = settings;
  const log = captureLog();
  const ports = {
    ...{ clock: systemClock, randomBytes, log: log.logger },
    ...(mayRenew && { mayRenew }),
  };
  const lastCopyKey = masterKeyFrom({ key: new Secret(masterKey.toString('base64')) }, randomBytes);
  const state = await stateReplica(memory, {
    store,
    log: log.logger,
    ...(lastCopyIn !== undefined && {
      ...{ directory: lastCopyIn, terms: { ...TERMS, lastCopyKey } },
    }),
  });
  const config = {
    name: SEALED,
    type: 'sealed',
    location: 'here',
    masterKey:
      passphrase === undefined
        ? { key: new Secret(masterKey.toString('base64')) }
        : { passphrase: new Secret(passphrase) },
  } as const;
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await manager.node.close();
    await state.close();
  };
  const manager = await createSealedKeyManagerNode(
    config,
    { ...ports, state },
    { init, ...start },
  ).catch(async (error: unknown) => {
    await state.close();
    throw error;
  });
  onTestFinished(close);
  const administration = checkedAdministration(manager.administration);
  return { ...manager, administration, state, store, log, close };
}
