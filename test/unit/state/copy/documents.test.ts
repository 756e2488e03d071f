import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CollectionDefinition } from '../../../../src/state/collection.js';
import { canaries } from '../../../support/canaries.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { makeStateFolder } from '../../../support/state-folder.js';
import { stateReplica } from '../../../support/state-replica.js';

import { hasCode, notes, copyOf, soon } from './replica.js';

describe('a document', () => {
  it('put at one replica → at the other after a refresh, and told to who watches', async () => {
    const state = new MemoryState();
    const { copy: a } = await copyOf(state);
    const { copy: b } = await copyOf(state);
    const seen: unknown[] = [];
    const there = b.collection(notes);
    there.watch((document) => seen.push(document));
    const here = a.collection(notes);
    const made = await here.put('x', { text: 'one' }, 0);
    await here.put('x', { text: 'two' }, made.revision);
    await b.refresh(soon());
    expect(there.get('x')).toMatchObject({ kind: 'value', value: { text: 'two' } });
    expect(seen.at(-1)).toEqual(there.get('x'));
  });

  it('put at both at once → one wins, and the other has the winner in memory', async () => {
    const state = new MemoryState();
    const { copy: a } = await copyOf(state);
    const { copy: b } = await copyOf(state);
    const collections = [a.collection(notes), b.collection(notes)] as const;
    const results = await Promise.allSettled([
      collections[0].put('x', { text: 'of a' }, 0),
      collections[1].put('x', { text: 'of b' }, 0),
    ]);
    const lost = results.filter((result) => result.status === 'rejected');
    expect(lost).toMatchObject([{ reason: { code: 'conflict' } }]);
    expect(collections[0].get('x')).toMatchObject({ kind: 'value' });
    expect(collections[1].get('x')).toEqual(collections[0].get('x'));
  });

  it('put and removed in a store of its own → the standing tells the newest revision', async () => {
    const { open } = await makeStateFolder();
    const copy = await stateReplica(await open());
    const before = copy.standing.applied;
    const collection = copy.collection(notes);
    const { revision } = await collection.put('x', { text: 'one' }, 0);
    expect(copy.standing.applied).toBe(revision);
    await collection.remove('x', revision);
    expect(copy.standing.applied).toBe(collection.get('x')?.revision);
    expect(copy.standing.applied).toBeGreaterThan(before);
  });

  it('removed → a tombstone on every replica, over which a new one can be put', async () => {
    const state = new MemoryState();
    const { copy: a } = await copyOf(state);
    const { copy: b } = await copyOf(state);
    const [here, there] = [a.collection(notes), b.collection(notes)];
    const { revision } = await here.put('x', { text: 'one' }, 0);
    await here.remove('x', revision);
    await b.refresh(soon());
    const tombstone = there.get('x');
    expect(tombstone).toMatchObject({ kind: 'removed' });
    await there.put('x', { text: 'again' }, tombstone?.revision ?? 0);
    expect(there.list()).toMatchObject([{ id: 'x', kind: 'value' }]);
  });

  it('there before the collection is opened → in it when it is', async () => {
    const state = new MemoryState();
    const { copy: a } = await copyOf(state);
    await a.collection(notes).put('x', { text: 'one' }, 0);
    const { copy: b } = await copyOf(state);
    await b.refresh(soon());
    expect(b.collection(notes).list()).toMatchObject([{ id: 'x', value: { text: 'one' } }]);
  });
});

describe('formats', () => {
  const upgraded: CollectionDefinition<{ text: string; size: number }, { text: string }> = {
    name: 'notes',
    newest: { number: 2, schema: z.strictObject({ text: z.string(), size: z.number() }) },
    previous: {
      ...notes.newest,
      until: 2,
      upgrade: ({ text }) => ({ text, size: text.length }),
      downgrade: ({ text }) => ({ text }),
    },
  };

  it('a document of the format before → read as the newest, and written as before', async () => {
    const state = new MemoryState();
    const { copy: old } = await copyOf(state);
    const oldNotes = old.collection(notes);
    await oldNotes.put('x', { text: 'one' }, 0);
    const { copy } = await copyOf(state);
    const newNotes = copy.collection(upgraded);
    const found = newNotes.get('x');
    expect(found).toMatchObject({ kind: 'value', value: { text: 'one', size: 3 } });
    await newNotes.put('x', { text: 'four', size: 4 }, found?.revision ?? 0);
    await old.refresh(soon());
    expect(oldNotes.get('x')).toMatchObject({ kind: 'value', value: { text: 'four' } });
  });

  it('a document of a newer format → "made by a newer version", and never overwritten', async () => {
    const state = new MemoryState();
    const { copy, store } = await copyOf(state);
    await store.put({
      ...{ collection: 'notes', id: 'x', format: 2, replaces: 0 },
      contents: '{"text":"one","size":3}',
    });
    const opened = copy.collection(notes);
    await copy.refresh(soon());
    expect(opened.get('x')).toMatchObject({ kind: 'newer-version' });
    await expect(opened.put('x', { text: 'mine' }, 1)).rejects.toEqual(hasCode('newer-version'));
    expect(copy.standing.problems.join()).toContain('made by a newer version');
  });

  it('contents that do not follow the schema → damaged, and nothing of them in the problem', async () => {
    const state = new MemoryState();
    const { copy, store } = await copyOf(state);
    const contents = JSON.stringify({ text: 7, secret: canaries.secretAccessKey });
    await store.put({ collection: 'notes', id: 'x', format: 1, contents, replaces: 0 });
    const opened = copy.collection(notes);
    await copy.refresh(soon());
    expect(opened.get('x')).toMatchObject({ kind: 'damaged' });
    expect(copy.standing.problems.join()).not.toContain(canaries.secretAccessKey);
    await expect(opened.put('x', { text: 'mine' }, 1)).rejects.toEqual(hasCode('damaged'));
  });

  it('a store of a newer format → the start is refused', async () => {
    const state = new MemoryState();
    const store = new MemoryStateStore(state);
    state.format = 2;
    await expect(copyOf(new MemoryState(), { open: () => Promise.resolve(store) })).rejects.toEqual(
      hasCode('newer-version'),
    );
  });
});
