import { describe, expect, it } from 'vitest';
import {
  type CommitPorts,
  GroupCommit,
  LogOverrunError,
} from '../../../../src/audit/log/group-commit.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { type Deferred, deferred } from '../../../support/deferred.js';

/** A file in memory that is written to on the event loop, and whose syncs a test ends. */
function commitTo(overrides: Partial<CommitPorts> = {}) {
  const writes: (readonly string[])[] = [];
  const syncs: Deferred<undefined>[] = [];
  let size = 0;
  const commit = new GroupCommit({
    write: (payloads) => {
      writes.push(payloads);
      size += payloads.length;
      return size - payloads.length;
    },
    sync: async () => {
      const sync = deferred();
      syncs.push(sync);
      await sync.promise;
    },
    clock: systemClock,
    maxBatchRecords: 100,
    ...overrides,
  });
  return { commit, writes, syncs };
}

describe('records that are appended', () => {
  it('in one turn of the event loop, without a sync → one write at its end, in their order', async () => {
    const { commit, writes } = commitTo({ sync: undefined });
    const entries = ['a', 'b', 'c'].map((payload) => commit.append(payload));
    expect(writes).toEqual([]);
    expect(await Promise.all(entries.map(({ durable }) => durable))).toEqual([0, 1, 2]);
    expect(writes).toEqual([['a', 'b', 'c']]);
  });

  it('with a sync → written before it, and durable after it', async () => {
    const { commit, syncs } = commitTo();
    const entry = commit.append('a');
    expect(entry.written).toBeUndefined();
    await expect.poll(() => entry.written).toBe(0);
    const state = await Promise.race([entry.durable, Promise.resolve('waits')]);
    expect(state).toBe('waits');
    syncs[0]?.resolve(undefined);
    expect(await entry.durable).toBe(0);
  });

  it('while a sync is under way → share one write and the next sync', async () => {
    const { commit, syncs, writes } = commitTo();
    const first = commit.append('a');
    await expect.poll(() => syncs.length).toBe(1);
    const later = [commit.append('b'), commit.append('c')];
    syncs[0]?.resolve(undefined);
    await first.durable;
    await expect.poll(() => syncs.length).toBe(2);
    syncs[1]?.resolve(undefined);
    expect(await Promise.all(later.map(({ durable }) => durable))).toEqual([1, 2]);
    expect(writes).toEqual([['a'], ['b', 'c']]);
  });

  it('while a sync does not end → are written all the same', async () => {
    const { commit, syncs } = commitTo();
    commit.append('a');
    await expect.poll(() => syncs.length).toBe(1);
    const later = commit.append('b');
    await expect.poll(() => later.written).toBe(1);
    for (const sync of syncs) sync.resolve(undefined);
    expect(await later.durable).toBe(1);
    await commit.close();
  });

  it('before a sync that fails → are written, and nobody knows whether they are durable', async () => {
    const { commit, syncs } = commitTo();
    const entry = commit.append('a');
    await expect.poll(() => syncs.length).toBe(1);
    syncs[0]?.reject(new Error('EIO'));
    await expect(entry.durable).rejects.toThrow('EIO');
    expect(entry.written).toBe(0);
  });

  it.each([
    [
      'at once',
      () => {
        throw new Error('ENOSPC');
      },
    ],
    ['later', () => Promise.reject(new Error('ENOSPC'))],
  ])('where the write fails %s → all of them reject, and the next are written', async (_, fail) => {
    let isFull = true;
    const { commit } = commitTo({ sync: undefined, write: () => (isFull ? fail() : 7) });
    const entries = [commit.append('a'), commit.append('b')];
    for (const { durable } of entries) await expect(durable).rejects.toThrow('ENOSPC');
    isFull = false;
    expect(await commit.append('c').durable).toBe(7);
    expect(entries.map(({ written }) => written)).toEqual([undefined, undefined]);
  });

  it('more than a batch takes → the rest in the next one', async () => {
    const { commit, writes } = commitTo({ sync: undefined, maxBatchRecords: 2 });
    const entries = ['a', 'b', 'c'].map((payload) => commit.append(payload));
    await Promise.all(entries.map(({ durable }) => durable));
    expect(writes).toEqual([['a', 'b'], ['c']]);
  });
});

describe('closing', () => {
  it.each(['that is being synced', 'that waits'])(
    'with a record %s → waits for it',
    async (state) => {
      const { commit, syncs } = commitTo();
      const entries = [commit.append('a')];
      if (state === 'that waits') {
        await expect.poll(() => syncs.length).toBe(1);
        entries.push(commit.append('b'));
      }
      const ends: string[] = [];
      void Promise.all(entries.map(({ durable }) => durable)).then(() => ends.push('durable'));
      const closed = commit.close().then(() => ends.push('closed'));
      const ending = setInterval(() => {
        for (const sync of syncs) sync.resolve(undefined);
      }, 1);
      await closed;
      clearInterval(ending);
      expect(ends).toEqual(['durable', 'closed']);
    },
  );

  it('→ refuses what comes after it', async () => {
    const { commit } = commitTo();
    await commit.close();
    await expect(commit.append('a').durable).rejects.toThrow(LogOverrunError);
  });
});
