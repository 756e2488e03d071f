import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { StateError } from '../../../../src/state/errors.js';
import type { State } from '../../../../src/state/state.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import {
  BLOCK,
  count,
  countAll,
  counterOf,
  countsOf,
  refOf,
  WHOLE,
} from '../../../support/replica-counts.js';
import { stateReplica } from '../../../support/state-replica.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const refused = (code: string): unknown => expect.objectContaining({ code });

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

  it.each([
    ['cannot be reached', 'unavailable', 'unreachable'],
    ['does not tell whether it was done', 'outcome-unknown', 'unreachable'],
    ['has lost changes', 'gone-back', 'unreachable'],
    ['has been changed by another', 'conflict', 'conflict'],
    ['has a damaged document', 'damaged', 'internal'],
  ] as const)('the store %s → the same code as of sealed keys: %s is %s', async (_, code, told) => {
    const shared = new MemoryState();
    const store = new MemoryStateStore(shared);
    const { counts } = await countsOf({ state: await stateReplica(shared, { store }) });
    await count(counts, 'k', 5);
    const failing = () => Promise.reject(new StateError(code, 'as a test wants it'));
    vi.spyOn(store, 'raiseCounter').mockImplementation(failing);
    await expect(counts.adopt()).rejects.toMatchObject({ code: told });
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
