import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { stateStoreContract, type StateHarness } from '../../src/state/contract/index.js';
import { renderStoreFile } from '../../src/state/files/store-file.js';
import { STATE_FORMAT } from '../../src/state/store.js';
import { makeStateFolder } from '../support/state-folder.js';
import { assertHolds, interleaving, runInterleaved } from '../support/state-interleavings.js';

async function makeHarness(): Promise<StateHarness> {
  const folder = await makeStateFolder();
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const store = await folder.open({ clock });
  const reopenWith = async (change: () => Promise<void>) => {
    await store.close();
    await change();
    return folder.open({ clock, init: false });
  };
  return {
    store,
    other: store,
    reopen: () => reopenWith(() => Promise.resolve()),
    passTime(ms) {
      now += ms;
      return Promise.resolve();
    },
    damage: (name) => reopenWith(() => flipBit(folder.documentPath(name))),
    damageCounter: (counter) => reopenWith(() => flipBit(folder.counterPath(counter))),
    openNewer: () =>
      reopenWith(async () => {
        const { id } = store;
        const fields = { id, revision: 5, token: 'f'.repeat(32), documents: 1 };
        await writeFile(folder.storeFile, renderStoreFile({ format: STATE_FORMAT + 1, ...fields }));
      }),
  };
}

/** Anywhere in the file. */
async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  const index = randomInt(bytes.length - 1);
  bytes[index] = (bytes[index] ?? 0) ^ (1 << randomInt(7));
  await writeFile(path, bytes);
}

describe('the state store in files', () => {
  it.each(stateStoreContract)('$title', async ({ run }) => {
    await run(await makeHarness());
  });

  it('random steps of several writers at once → nothing acknowledged is lost or given twice', async () => {
    await fc.assert(
      fc.asyncProperty(interleaving, async (writers) => {
        const folder = await makeStateFolder();
        const store = await folder.open();
        const model = await runInterleaved(writers, [store]);
        await store.close();
        const again = await folder.open({ init: false });
        await assertHolds(again, model);
        await again.close();
      }),
      { numRuns: 25 },
    );
  });
});
