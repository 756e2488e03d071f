import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryState } from '../../../support/memory-state-store.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

import { goBack, hasCode, notes, copyOf, soon } from './replica.js';

describe('a store that has gone back', () => {
  it('→ no changes and no blocks, until it is recovered with what the replica knows', async () => {
    const state = new MemoryState();
    const { copy } = await copyOf(state);
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
    // It has no say in what is settled.
    await expect.poll(() => state.leases.size).toBe(0);

    expect(await copy.recover()).toEqual([{ collection: 'notes', id: 'y' }]);
    expect(copy.standing.kind).toBe('in-step');
    await expect(copy.counters.draw(draw)).rejects.toEqual(hasCode('count-unknown'));
    await opened.put('z', { text: 'three' }, 0);
    const { copy: other } = await copyOf(state);
    expect(
      other
        .collection(notes)
        .list()
        .map(({ id }) => id),
    ).toEqual(['x', 'y', 'z']);
  });

  it('→ the store is told of it once, so that replicas that do not know stop, too', async () => {
    const state = new MemoryState();
    const { copy } = await copyOf(state);
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
    const { copy, store } = await copyOf(state);
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
    const { copy, directory } = await copyOf(state);
    const opened = copy.collection(notes);
    await opened.put('x', { text: 'one' }, 0);
    await opened.put('y', { text: 'two' }, 0);
    await copy.close();
    goBack(state, 1);
    const { copy: again } = await copyOf(state, { directory });
    expect(again.standing.kind).toBe('gone-back');
    expect(again.collection(notes).get('x')).toMatchObject({ kind: 'value' });
    await again.recover();
    expect(again.standing.kind).toBe('in-step');
  });

  it('and another replica has recovered it → this one goes on alone until it is run here, too', async () => {
    const state = new MemoryState();
    const { copy } = await copyOf(state);
    const { copy: other } = await copyOf(state);
    const opened = copy.collection(notes);
    await opened.put('x', { text: 'one' }, 0);
    await opened.put('y', { text: 'two' }, 0);
    await other.refresh(soon());
    goBack(state, 1);
    await expect(copy.refresh(soon())).rejects.toEqual(hasCode('gone-back'));
    await copy.recover();
    await expect(other.refresh(soon())).rejects.toEqual(hasCode('gone-back'));
    await other.recover();
    expect(other.standing.kind).toBe('in-step');
  });

  it('that never did → recover is refused', async () => {
    const { copy } = await copyOf(new MemoryState());
    await expect(copy.recover()).rejects.toEqual(hasCode('conflict'));
  });

  it('another store in its place → the start is refused, but for --init state', async () => {
    const { copy, directory } = await copyOf(new MemoryState());
    await copy.collection(notes).put('x', { text: 'one' }, 0);
    await copy.close();
    const other = new MemoryState();
    await expect(copyOf(other, { directory })).rejects.toEqual(hasCode('gone-back'));
    const { copy: begun } = await copyOf(other, { directory, acceptsNewStore: true });
    expect(begun.standing.kind).toBe('in-step');
  });

  it('the place in its history damaged on disk → the start is refused and names the file', async () => {
    const directory = temporaryFolder();
    const path = join(directory, 'state-history.json');
    writeFileSync(path, '{"format":1', { mode: 0o600 });
    await expect(copyOf(new MemoryState(), { directory })).rejects.toThrow(path);
    expect(readFileSync(path, 'utf8')).toBe('{"format":1');
  });

  it('the place in its history written by a newer version → called so, and not damaged', async () => {
    const directory = temporaryFolder();
    const path = join(directory, 'state-history.json');
    writeFileSync(path, '{"format":2}', { mode: 0o600 });
    const refused = copyOf(new MemoryState(), { directory });
    await expect(refused).rejects.toEqual(hasCode('newer-version'));
    await expect(refused).rejects.toThrow(path);
  });
});
