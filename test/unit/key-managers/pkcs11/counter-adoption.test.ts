import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AtomicWrite, writeFileAtomically } from '../../../../src/durable/atomic-write.js';
import type { KeyRef } from '../../../../src/key-managers/backend.js';
import { EncryptionCounts } from '../../../../src/key-managers/pkcs11/encryption-counts.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import type { State } from '../../../../src/state/state.js';
import type { StateStore } from '../../../../src/state/store.js';
import { captureLog } from '../../../support/log-lines.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { stateReplica } from '../../../support/state-replica.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

/** A replica's share is 100 of the 200 that two may make. */
const WHOLE = 200;
const BLOCK = 10;

const refOf = (externalKeyId: string): KeyRef => {
  const materialName = createHash('sha256').update(externalKeyId).digest().subarray(0, 8);
  return { externalKeyId, version: { version: 1, materialName } };
};
const counterOf = (externalKeyId: string) =>
  `encryptions/hsm/${refOf(externalKeyId).version.materialName.toString('hex')}`;
const refused = (code: string): unknown => expect.objectContaining({ code });

interface ReplicaOptions {
  readonly directory?: string;
  readonly state?: State | undefined;
  readonly replicas?: number;
  readonly writeFile?: AtomicWrite;
}

/** The counts of one replica; the folder is let go when the test ends, or by `close`. */
async function countsOf({
  directory = temporaryFolder(),
  replicas = 2,
  writeFile = writeFileAtomically,
  state,
}: ReplicaOptions) {
  const log = captureLog();
  const shareOf = (parts: number) => Math.floor(WHOLE / parts);
  const counts = await EncryptionCounts.open(
    {
      keyManager: 'hsm',
      folder: { directory, writeFile },
      ports: { clock: systemClock, randomBytes, log: log.logger, ...(state && { state }) },
      limits: { blockSize: BLOCK, perVersion: shareOf(replicas) },
      replicas,
      shareOf,
    },
    1,
  );
  let isOpen = true;
  const close = async () => {
    if (isOpen) await counts.close();
    isOpen = false;
  };
  onTestFinished(close);
  return { counts, directory, close };
}

/** Encrypts, as far as counting goes. */
async function count(counts: EncryptionCounts, externalKeyId: string, times: number) {
  for (let made = 0; made < times; made += 1) {
    await counts.count(refOf(externalKeyId), Deadline.after(systemClock, 5_000));
  }
}

/** Encrypts until that is refused. @returns how often, and the reason */
async function countAll(counts: EncryptionCounts, externalKeyId: string) {
  for (let made = 0; ; made += 1) {
    try {
      await count(counts, externalKeyId, 1);
    } catch (error) {
      return { made, code: (error as { code?: unknown }).code };
    }
  }
}

/** Encrypts so often, or until that is refused. @returns how often */
async function countUpTo(counts: EncryptionCounts, times: number): Promise<number> {
  for (let made = 0; made < times; made += 1) {
    try {
      await count(counts, 'k', 1);
    } catch {
      return made;
    }
  }
  return times;
}

/** A way to the store and the disk that ends for good after some acts, as a crash does. */
function dyingAfter(acts: number, shared: MemoryState) {
  let left = acts;
  const die = () => {
    left -= 1;
    if (left < 0) throw new Error('killed');
  };
  const store = new MemoryStateStore(shared);
  const put: StateStore['put'] = async (change) => {
    die();
    return MemoryStateStore.prototype.put.call(store, change);
  };
  const raiseCounter: StateStore['raiseCounter'] = async (counter, by) => {
    die();
    return MemoryStateStore.prototype.raiseCounter.call(store, counter, by);
  };
  Object.assign(store, { put, raiseCounter });
  const writeFile: AtomicWrite = async (path, contents) => {
    die();
    await writeFileAtomically(path, contents);
  };
  return { store, writeFile, isDead: () => left < 0 };
}

describe('the counters of a replica, added to the state store', () => {
  it('one of two replicas → the store hands out one share, and the other keeps its own', async () => {
    const shared = new MemoryState();
    const a = await countsOf({ state: await stateReplica(shared) });
    const b = await countsOf({ state: await stateReplica(shared) });
    await count(a.counts, 'k', 12);
    await count(b.counts, 'k', 1);
    expect(await a.counts.adopt()).toEqual({ adopted: 1, replicas: 2 });
    expect(shared.counters.get(counterOf('k'))).toBe(2 * BLOCK);
    const [fromA, fromB] = [await countAll(a.counts, 'k'), await countAll(b.counts, 'k')];
    expect([fromA.code, fromB.code]).toEqual(['exhausted', 'exhausted']);
    expect(12 + fromA.made).toBe(WHOLE / 2);
    expect(1 + fromB.made).toBe(WHOLE / 2);
  });

  it('every replica → the store hands out the whole, to whoever wants it', async () => {
    const shared = new MemoryState();
    const a = await countsOf({ state: await stateReplica(shared) });
    const b = await countsOf({ state: await stateReplica(shared) });
    await count(a.counts, 'k', 95);
    await count(b.counts, 'k', 5);
    await a.counts.adopt();
    expect(await b.counts.adopt()).toEqual({ adopted: 2, replicas: 2 });
    expect(await b.counts.left(refOf('k'))).toBe(WHOLE - 100 - BLOCK + 5);
    const fromB = await countAll(b.counts, 'k');
    expect(fromB).toEqual({ made: WHOLE - 100 - BLOCK + 5, code: 'exhausted' });
    expect(await a.counts.adopt()).toEqual({ adopted: 2, replicas: 2 });
  });

  it('all replicas at once, while they encrypt → each is added, and none is left out', async () => {
    const shared = new MemoryState();
    const replicas = await Promise.all(
      [1, 2, 3, 4].map(async () => countsOf({ state: await stateReplica(shared), replicas: 4 })),
    );
    for (const { counts } of replicas) await count(counts, 'k', 5);
    const adopted = replicas.map(({ counts }) => counts.adopt());
    const used = replicas.map(({ counts }) => count(counts, 'k', 5));
    await Promise.all([...adopted, ...used]);
    expect(await replicas[0]?.counts.adopt()).toEqual({ adopted: 4, replicas: 4 });
    expect(shared.counters.get(counterOf('k'))).toBeGreaterThanOrEqual(4 * BLOCK);
  });

  it('a key that has reached the share → encrypts again when the store has more', async () => {
    const shared = new MemoryState();
    const a = await countsOf({ state: await stateReplica(shared) });
    const b = await countsOf({ state: await stateReplica(shared) });
    expect(await countAll(a.counts, 'k')).toEqual({ made: WHOLE / 2, code: 'exhausted' });
    await a.counts.adopt();
    expect(await countAll(a.counts, 'k')).toEqual({ made: 0, code: 'exhausted' });
    expect(a.counts.exhausted).toHaveLength(1);
    await b.counts.adopt();
    await expect.poll(() => a.counts.exhausted).toHaveLength(0);
    expect(await countAll(a.counts, 'k')).toEqual({ made: WHOLE / 2, code: 'exhausted' });
  });

  it('added, and the replica starts anew → counts in the store, whatever the folder says', async () => {
    const shared = new MemoryState();
    const first = await countsOf({ state: await stateReplica(shared), replicas: 1 });
    await count(first.counts, 'k', 3);
    await first.counts.adopt();
    await first.close();
    const again = await countsOf({
      directory: first.directory,
      state: await stateReplica(shared),
      replicas: 1,
    });
    expect(await countAll(again.counts, 'k')).toEqual({
      made: WHOLE - BLOCK,
      code: 'exhausted',
    });
  });

  it('material that is new since → begun in the store, and no block given twice', async () => {
    const shared = new MemoryState();
    const a = await countsOf({ state: await stateReplica(shared), replicas: 1 });
    await a.counts.adopt();
    const b = await countsOf({ state: await stateReplica(shared), replicas: 1 });
    const all = await Promise.all([countAll(a.counts, 'new'), countAll(b.counts, 'new')]);
    expect(all.map(({ code }) => code)).toEqual(['exhausted', 'exhausted']);
    expect(all.reduce((sum, { made }) => sum + made, 0)).toBe(WHOLE);
  });

  it('a key that Holdfast makes afterwards → its time is known to every replica', async () => {
    const shared = new MemoryState();
    const a = await countsOf({ state: await stateReplica(shared), replicas: 1 });
    await a.counts.adopt();
    await a.counts.noteCreation(refOf('made'));
    const b = await countsOf({ state: await stateReplica(shared), replicas: 1 });
    expect(await b.counts.createdAt(refOf('made'))).toBeInstanceOf(Date);
  });

  it('a counter that the store has lost → no encryption any more, and the log says why', async () => {
    const shared = new MemoryState();
    const a = await countsOf({ state: await stateReplica(shared), replicas: 1 });
    await a.counts.adopt();
    await count(a.counts, 'new', 1);
    shared.counters.clear();
    const b = await countsOf({ state: await stateReplica(shared), replicas: 1 });
    expect(await countAll(b.counts, 'new')).toEqual({ made: 0, code: 'exhausted' });
    expect(shared.counters.size).toBe(0);
  });

  it('a lost counter, and another folder added → it is not known again by that', async () => {
    const shared = new MemoryState();
    const a = await countsOf({ state: await stateReplica(shared) });
    const b = await countsOf({ state: await stateReplica(shared) });
    await count(a.counts, 'k', 1);
    await count(b.counts, 'k', 1);
    await a.counts.adopt();
    shared.counters.clear();
    await b.counts.adopt();
    expect(shared.counters.size).toBe(0);
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
            state: await stateReplica(shared, dying?.store),
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

describe('an adoption that is refused', () => {
  it.each([
    ['no state', undefined],
    ['a store of this replica alone', { isShared: false } as State],
  ])('%s → unsupported', async (_, state) => {
    const { counts } = await countsOf({ state });
    await expect(counts.adopt()).rejects.toEqual(refused('unsupported'));
  });

  it('another number of replicas than the first had → conflict, and the folder counts on', async () => {
    const shared = new MemoryState();
    const a = await countsOf({ state: await stateReplica(shared), replicas: 2 });
    await a.counts.adopt();
    const b = await countsOf({ state: await stateReplica(shared), replicas: 4 });
    await expect(b.counts.adopt()).rejects.toEqual(refused('conflict'));
    expect(await countAll(b.counts, 'k')).toEqual({ made: WHOLE / 4, code: 'exhausted' });
  });

  it('a damaged counter → named, and nothing is added or marked', async () => {
    const shared = new MemoryState();
    const { counts, directory } = await countsOf({ state: await stateReplica(shared) });
    await count(counts, 'k', 1);
    const [name = ''] = readdirSync(directory).filter((each) => each.endsWith('.json'));
    writeFileSync(join(directory, name), '{"format":1');
    await expect(counts.adopt()).rejects.toMatchObject({ message: expect.stringContaining(name) });
    expect(shared.counters.size).toBe(0);
    expect(readdirSync(directory)).not.toContain('adoption.json');
  });

  it('a folder that another store has taken over → the start is refused', async () => {
    const first = await countsOf({ state: await stateReplica(new MemoryState()), replicas: 1 });
    await first.counts.adopt();
    await first.close();
    const { directory } = first;
    const others = [await stateReplica(new MemoryState()), undefined];
    for (const state of others) {
      await expect(countsOf({ directory, state })).rejects.toEqual(refused('misconfigured'));
    }
  });

  it('a damaged mark → the start is refused, and nothing is counted from the folder', async () => {
    const directory = temporaryFolder();
    writeFileSync(join(directory, 'adoption.json'), '{"format":2}', { mode: 0o600 });
    const state = await stateReplica(new MemoryState());
    await expect(countsOf({ directory, state })).rejects.toEqual(refused('misconfigured'));
  });

  it('a replica more than were counted on → no block until its folder is added', async () => {
    const shared = new MemoryState();
    const late = await countsOf({ state: undefined, replicas: 1 });
    await count(late.counts, 'k', 1);
    await late.close();
    const a = await countsOf({ state: await stateReplica(shared), replicas: 1 });
    await a.counts.adopt();
    const { directory } = late;
    const again = await countsOf({ directory, state: await stateReplica(shared), replicas: 1 });
    expect(await countAll(again.counts, 'k')).toEqual({ made: 0, code: 'internal' });
    await again.counts.adopt();
    expect(shared.counters.get(counterOf('k'))).toBe(BLOCK);
  });
});

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
      const state = await stateReplica(shared, store);
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
