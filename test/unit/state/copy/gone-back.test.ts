import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryState } from '../../../support/memory-state-store.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

import { goBack, hasCode, notes, replicaOn, soon } from './replica.js';

describe('a store that has gone back', () => {
  it('→ no changes and no blocks, until it is recovered with what the replica knows', async () => {
    const state = new MemoryState();
    const { copy } = await replicaOn(state);
    const opened = copy.collection(notes);
    await copy.counters.begin('c', 0);
    await opened.put('x', { text: 'one' }, 0);
    await opened.put('y', { text: 'two' }, 0);
    goBack(state, 1);
    await expect.poll(() => copy.standing.kind).toBe('gone-back');
    expect(opened.get('y')).toMatchObject({ kind: 'value' });
    await expect(opened.put('z', { text: 'three' }, 0)).rejects.toEqual(hasCode('gone-back'));
    const draw = { counter: 'c', size: 10, limit: 100 };
    await expect(copy.counters.draw(draw)).rejects.toEqual(hasCode('gone-back'));
    // It has no say in what is settled, and the store finds out from the end of its lease.
    await expect.poll(() => state.leases.size).toBe(0);

    expect(await copy.recover()).toEqual([{ collection: 'notes', id: 'y' }]);
    expect(copy.standing.kind).toBe('in-step');
    await expect(copy.counters.draw(draw)).rejects.toEqual(hasCode('count-unknown'));
    await opened.put('z', { text: 'three' }, 0);
    const { copy: other } = await replicaOn(state);
    expect(
      other
        .collection(notes)
        .list()
        .map(({ id }) => id),
    ).toEqual(['x', 'y', 'z']);
  });

  it('→ the store is told of it once, so that replicas that do not know stop, too', async () => {
    const state = new MemoryState();
    const { copy } = await replicaOn(state);
    const opened = copy.collection(notes);
    await opened.put('x', { text: 'one' }, 0);
    await opened.put('y', { text: 'two' }, 0);
    goBack(state, 1);
    for (let round = 0; round < 3; round += 1) {
      await expect(copy.refresh(soon())).rejects.toEqual(hasCode('gone-back'));
    }
    expect(state.losses).toEqual([2]);
  });

  it('and has grown past the lost revision by then → recognised all the same', async () => {
    const state = new MemoryState();
    const { copy, store } = await replicaOn(state);
    const opened = copy.collection(notes);
    await opened.put('x', { text: 'one' }, 0);
    await opened.put('y', { text: 'two' }, 0);
    goBack(state, 1);
    for (const id of ['p', 'q']) {
      await store.put({ collection: 'notes', id, format: 1, contents: '{"text":""}', replaces: 0 });
    }
    await expect(copy.refresh(soon())).rejects.toEqual(hasCode('gone-back'));
    expect(opened.get('p')).toBeUndefined();
  });

  it('while the replica was down → recognised at its start, which serves what is there', async () => {
    const state = new MemoryState();
    const { copy, directory } = await replicaOn(state);
    const opened = copy.collection(notes);
    await opened.put('x', { text: 'one' }, 0);
    await opened.put('y', { text: 'two' }, 0);
    await copy.close();
    goBack(state, 1);
    const { copy: again } = await replicaOn(state, { directory });
    expect(again.standing.kind).toBe('gone-back');
    expect(again.collection(notes).get('x')).toMatchObject({ kind: 'value' });
    await again.recover();
    expect(again.standing.kind).toBe('in-step');
  });

  it('that never did → recover is refused', async () => {
    const { copy } = await replicaOn(new MemoryState());
    await expect(copy.recover()).rejects.toEqual(hasCode('conflict'));
  });

  it('another store in its place → the start is refused, but for --init state', async () => {
    const { copy, directory } = await replicaOn(new MemoryState());
    await copy.collection(notes).put('x', { text: 'one' }, 0);
    await copy.close();
    const other = new MemoryState();
    await expect(replicaOn(other, { directory })).rejects.toEqual(hasCode('gone-back'));
    const { copy: begun } = await replicaOn(other, { directory, acceptsNewStore: true });
    expect(begun.standing.kind).toBe('in-step');
  });

  it('the place in its history damaged on disk → the start is refused and names the file', async () => {
    const directory = temporaryFolder();
    const path = join(directory, 'state-history.json');
    writeFileSync(path, '{"format":1', { mode: 0o600 });
    await expect(replicaOn(new MemoryState(), { directory })).rejects.toThrow(path);
    expect(readFileSync(path, 'utf8')).toBe('{"format":1');
  });
});
