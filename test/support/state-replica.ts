import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { writeFileAtomically } from '../../src/durable/atomic-write.js';
import { systemClock } from '../../src/shared/clock.js';
import { StateCopy } from '../../src/state/copy/state-copy.js';
import type { StateStore } from '../../src/state/store.js';
import { captureLog } from './log-lines.js';
import { MemoryState, MemoryStateStore } from './memory-state-store.js';
import { temporaryFolder } from './temporary-folder.js';

/** Opens the state as one more replica would; it is closed when the test ends, if not earlier. */
export async function stateReplica(
  shared: MemoryState | StateStore,
  store = shared instanceof MemoryState ? new MemoryStateStore(shared) : shared,
): Promise<StateCopy> {
  const state = await StateCopy.open({
    clock: systemClock,
    randomBytes,
    log: captureLog().logger,
    open: () => Promise.resolve(store),
    directory: temporaryFolder(),
    writeFile: writeFileAtomically,
    replicaName: 'replica',
    version: '0.2.0',
    terms: { maxStalenessMs: 3_600_000, whenAlone: 'continue' },
    acceptsNewStore: false,
  });
  const close = state.close.bind(state);
  let closing: Promise<void> | undefined;
  state.close = () => (closing ??= close());
  onTestFinished(() => state.close());
  return state;
}
