import fc from 'fast-check';
import { describe, it } from 'vitest';
import { stateStoreContract, type StateHarness } from '../../src/state/contract/index.js';
import { STATE_FORMAT } from '../../src/state/store.js';
import { MemoryState, MemoryStateStore } from '../support/memory-state-store.js';
import { interleaving, runInterleaved } from '../support/state-interleavings.js';

function makeHarness(): StateHarness {
  const state = new MemoryState();
  const open = () => Promise.resolve().then(() => new MemoryStateStore(state));
  return {
    store: new MemoryStateStore(state),
    other: new MemoryStateStore(state),
    reopen: open,
    passTime(ms) {
      state.now += ms;
      return Promise.resolve();
    },
    openNewer() {
      state.format = STATE_FORMAT + 1;
      return open();
    },
  };
}

describe('the state store in memory', () => {
  it.each(stateStoreContract)('$title', ({ run }) => run(makeHarness()));

  it('random steps of several writers at once → nothing acknowledged is lost or given twice', async () => {
    await fc.assert(
      fc.asyncProperty(interleaving, async (writers) => {
        const state = new MemoryState();
        await runInterleaved(writers, [new MemoryStateStore(state), new MemoryStateStore(state)]);
      }),
      { numRuns: 100 },
    );
  });
});
