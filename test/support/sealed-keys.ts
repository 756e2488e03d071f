import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { writeFileAtomically } from '../../src/durable/atomic-write.js';
import type { PlacedKeys } from '../../src/key-managers/sealed/keys/placed-keys.js';
import {
  createSealedKeyManagerNode,
  type SealedKeyManagerStart,
} from '../../src/key-managers/sealed/state/create.js';
import { systemClock } from '../../src/shared/clock.js';
import { Secret } from '../../src/shared/secret.js';
import { StateCopy } from '../../src/state/copy/state-copy.js';
import type { StateStore } from '../../src/state/store.js';
import { canaries } from './canaries.js';
import { captureLog, type CapturedLog } from './log-lines.js';
import type { MemoryState } from './memory-state-store.js';
import { MemoryStateStore } from './memory-state-store.js';
import { temporaryFolder } from './temporary-folder.js';

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
  readonly store?: StateStore;
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
    store = new MemoryStateStore(memory),
    init = true,
    ...start
  } = settings;
  const log = captureLog();
  const ports = { clock: systemClock, randomBytes, log: log.logger };
  const state = await StateCopy.open({
    ...ports,
    open: () => Promise.resolve(store),
    directory: temporaryFolder(),
    writeFile: writeFileAtomically,
    replicaName: 'replica',
    version: '0.2.0',
    terms: { maxStalenessMs: 3_600_000, whenAlone: 'continue' },
    acceptsNewStore: false,
  });
  const config = {
    name: SEALED,
    type: 'sealed',
    location: 'here',
    masterKey: { key: new Secret(masterKey.toString('base64')) },
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
  return { ...manager, state, store, log, close };
}
