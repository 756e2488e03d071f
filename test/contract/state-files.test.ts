import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { stateStoreContract, type StateHarness } from '../../src/state/contract/index.js';
import { writeFileAtomically } from '../../src/durable/atomic-write.js';
import { renderStoreFile } from '../../src/state/files/store-file.js';
import { STATE_FORMAT } from '../../src/state/store.js';
import { makeStateFolder } from '../support/state-folder.js';
import {
  assertHolds,
  assertKept,
  interleaving,
  runInterleaved,
} from '../support/state-interleavings.js';

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

/** A disk that fails now and then, before anything is written or after all of it is. */
function faultyDisk(faults: readonly ('before' | 'after' | 'none')[]) {
  let [writes, isOn] = [0, true];
  return {
    mend: () => {
      isOn = false;
    },
    writeFile: async (path: string, text: string) => {
      const fault = isOn ? faults[writes % faults.length] : 'none';
      writes += 1;
      if (fault !== 'before') await writeFileAtomically(path, text);
      if (fault !== 'none') throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    },
  };
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

  it('random steps on a disk that fails now and then → nothing acknowledged is lost or given twice', async () => {
    const fault = fc.constantFrom('none', 'none', 'none', 'before', 'after');
    const faults = fc.array(fault, { minLength: 5, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(interleaving, faults, async (writers, each) => {
        const folder = await makeStateFolder();
        const { writeFile: write, mend } = faultyDisk(each);
        await (await folder.open()).close();
        const store = await folder.open({ writeFile: write });
        const model = await runInterleaved(writers, [store], true);
        mend();
        await store.close();
        const again = await folder.open({ init: false });
        await assertKept(again, model);
        await again.close();
      }),
      { numRuns: 40 },
    );
  });
});
