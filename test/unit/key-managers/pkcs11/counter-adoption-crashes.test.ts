import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dyingAfter } from '../../../support/dying-parts.js';
import { MemoryState } from '../../../support/memory-state-store.js';
import {
  BLOCK,
  count,
  countAll,
  counterOf,
  countsOf,
  countUpTo,
  WHOLE,
} from '../../../support/replica-counts.js';
import { stateReplica } from '../../../support/state-replica.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

describe('a crash in an adoption', () => {
  const KEYS = ['one', 'two', 'three'];

  it('after any of its acts → taken up again; the count of all is never too low', async () => {
    for (let acts = 0; ; acts += 1) {
      const shared = new MemoryState();
      const before = await countsOf({ state: await stateReplica(shared), replicas: 1 });
      for (const key of KEYS) await count(before.counts, key, 3);
      await before.close();
      const { directory } = before;
      const { store, writeFile, isDead } = dyingAfter(acts, shared);
      const state = await stateReplica(shared, { store });
      const dying = await countsOf({ directory, state, replicas: 1, writeFile });
      await dying.counts.adopt().catch(() => undefined);
      await dying.close();
      const again = await countsOf({ directory, state: await stateReplica(shared), replicas: 1 });
      for (const key of KEYS) await count(again.counts, key, 1);
      expect(await again.counts.adopt()).toEqual({ adopted: 1, replicas: 1 });
      const counted = KEYS.map((key) => shared.counters.get(counterOf(key)) ?? 0);
      expect(Math.min(...counted), `${acts} acts`).toBeGreaterThanOrEqual(BLOCK);
      const tooMany = counted.filter((each) => each > WHOLE);
      expect(tooMany).toEqual([]);
      for (const key of KEYS) {
        const { made } = await countAll(again.counts, key);
        expect(3 + 1 + made).toBeLessThanOrEqual(WHOLE);
      }
      if (!isDead()) return;
    }
  });
});

describe('replicas that encrypt, adopt and crash in any order', () => {
  const REPLICAS = 3;
  const act = fc.record({
    replica: fc.nat(REPLICAS - 1),
    act: fc.constantFrom('encrypt', 'adopt', 'restart', 'die in an adoption'),
    times: fc.integer({ min: 1, max: 12 }),
  });

  it('never make more encryptions together than the key allows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 14 }), async (acts) => {
        const shared = new MemoryState();
        const folders = Array.from({ length: REPLICAS }, () => temporaryFolder());
        const start = async (directory = '', dying?: ReturnType<typeof dyingAfter>) =>
          countsOf({
            directory,
            replicas: REPLICAS,
            state: await stateReplica(shared, dying && { store: dying.store }),
            ...(dying && { writeFile: dying.writeFile }),
          });
        const running = await Promise.all(folders.map((folder) => start(folder)));
        const restart = async (replica: number, dying?: ReturnType<typeof dyingAfter>) => {
          await running[replica]?.close();
          running[replica] = await start(folders[replica], dying);
        };
        let made = 0;
        for (const { replica, act: what, times } of acts) {
          if (what === 'restart') await restart(replica);
          if (what === 'die in an adoption') await restart(replica, dyingAfter(times % 5, shared));
          const counts = running[replica]?.counts;
          if (what === 'encrypt' && counts) made += await countUpTo(counts, times);
          else if (what !== 'restart') await counts?.adopt().catch(() => undefined);
        }
        for (const replica of folders.keys()) await restart(replica);
        for (const { counts } of running) made += await countUpTo(counts, Infinity);
        expect(made).toBeLessThanOrEqual(WHOLE);
        for (const { close } of running) await close();
      }),
      { numRuns: 25 },
    );
  });
});
