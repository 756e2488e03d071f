import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { writeFileAtomically } from '../../src/durable/atomic-write.js';
import { systemClock } from '../../src/shared/clock.js';
import type { CopyPorts, CopyTerms } from '../../src/state/copy/copy-ports.js';
import { StateCopy } from '../../src/state/copy/state-copy.js';
import type { StateStore } from '../../src/state/store.js';
import { captureLog } from './log-lines.js';
import { MemoryState, MemoryStateStore } from './memory-state-store.js';
import { temporaryFolder } from './temporary-folder.js';

/** The terms of a replica that goes on alone. */
export const TERMS: CopyTerms = { maxStalenessMs: 3_600_000, whenAlone: 'continue' };

/** A replica's parts that a test wants to be different. */
export interface StateReplicaSettings extends Partial<CopyPorts> {
  /** This replica's own way to the state. */
  readonly store?: StateStore;
}

/** Opens the state as one more replica would; it is closed when the test ends, if not earlier. */
export async function stateReplica(
  shared: MemoryState | StateStore,
  settings: StateReplicaSettings = {},
): Promise<StateCopy> {
  const {
    store = shared instanceof MemoryState ? new MemoryStateStore(shared) : shared,
    ...ports
  } = settings;
  const state = await StateCopy.open({
    clock: systemClock,
    randomBytes,
    log: captureLog().logger,
    open: () => Promise.resolve(store),
    directory: temporaryFolder(),
    writeFile: writeFileAtomically,
    replicaName: 'replica',
    version: '0.2.0',
    terms: TERMS,
    acceptsNewStore: false,
    ...ports,
  });
  const close = state.close.bind(state);
  let closing: Promise<void> | undefined;
  state.close = () => (closing ??= close());
  onTestFinished(() => state.close());
  return state;
}
