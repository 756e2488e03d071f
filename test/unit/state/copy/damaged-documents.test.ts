import { describe, expect, it } from 'vitest';
import type { CollectionDefinition } from '../../../../src/state/collection.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { LeapingClock } from '../../../support/leaping-clock.js';
import { copyOf, goBack, hasCode, notes, soon } from './replica.js';

const watched: CollectionDefinition<{ text: string }> = { ...notes, tellsDamage: true };

/** A document that a replica has in memory, and what somebody else writes over it. */
async function known(definition: CollectionDefinition<{ text: string }>) {
  const state = new MemoryState();
  const { copy } = await copyOf(state);
  const documents = copy.collection(definition);
  const seen: unknown[] = [];
  const { revision } = await documents.put('x', { text: 'good' }, 0);
  documents.watch((document) => seen.push(document.kind));
  const other = new MemoryStateStore(state);
  const write = async (contents: string | undefined, format = 1) => {
    const name = { collection: 'notes', id: 'x' };
    const replaces = (await other.get(name))?.revision ?? 0;
    const written = await other.put({ ...name, format, contents, replaces });
    await copy.refresh(soon());
    return written;
  };
  return { state, copy, documents, revision, seen, write };
}

describe('a document in memory over which somebody writes what does not follow its schema', () => {
  it('→ the good one goes on, its damage is told, and nobody changes it', async () => {
    const { copy, documents, revision, seen, write } = await known(notes);
    await write('{"text":1}');
    expect(documents.get('x')).toMatchObject({ kind: 'value', value: { text: 'good' } });
    expect(copy.standing.problems.join()).toContain('x is damaged, and goes on as it was');
    expect(seen).toEqual([]);
    await expect(documents.put('x', { text: 'mine' }, revision)).rejects.toEqual(
      hasCode('damaged'),
    );
  });

  it('and then a tombstone → the tombstone counts', async () => {
    const { copy, documents, write } = await known(notes);
    await write('{"text":1}');
    await write(undefined);
    expect(documents.get('x')).toMatchObject({ kind: 'removed' });
    expect(copy.standing.problems).toEqual([]);
  });

  it('and then a good one → that counts', async () => {
    const { copy, documents, write } = await known(notes);
    await write('{"text":1}');
    await write('{"text":"better"}');
    expect(documents.get('x')).toMatchObject({ kind: 'value', value: { text: 'better' } });
    expect(copy.standing.problems).toEqual([]);
  });

  it('of a newer format → no longer used: nobody knows what it says', async () => {
    const { documents, write } = await known(notes);
    await write('{"text":1}', 2);
    expect(documents.get('x')).toMatchObject({ kind: 'newer-version' });
  });

  it('over a tombstone → damaged, and not as if it had never been', async () => {
    const { documents, write } = await known(notes);
    await write(undefined);
    await write('{"text":1}');
    expect(documents.get('x')).toMatchObject({ kind: 'damaged' });
  });

  it('where whoever reads is told → damaged: what was changed in between may forbid its use', async () => {
    const { documents, seen, write } = await known(watched);
    await write('{"text":1}');
    expect(documents.get('x')).toMatchObject({ kind: 'damaged' });
    expect(seen).toEqual(['damaged']);
  });

  it('and the store has gone back → the good one comes back, and not the damaged one', async () => {
    const { state, copy, documents, write } = await known(notes);
    await write('{"text":1}');
    goBack(state, 0);
    await expect(copy.refresh(soon())).rejects.toEqual(hasCode('gone-back'));
    await copy.recover();
    const stored = await new MemoryStateStore(state).get({ collection: 'notes', id: 'x' });
    expect(stored?.contents).toBe('{"text":"good"}');
    expect(documents.get('x')).toMatchObject({ kind: 'value', value: { text: 'good' } });
  });
});

describe('a damaged document that somebody mends in its place', () => {
  it.each([
    ['of which the good one went on', notes],
    ['of which whoever reads was told', watched],
  ])('%s → used and reported no more, without a start', async (_, definition) => {
    const state = new MemoryState();
    const clock = new LeapingClock();
    const { copy } = await copyOf(state, { clock });
    const documents = copy.collection(definition);
    const { revision } = await documents.put('x', { text: 'good' }, 0);
    const name = { collection: 'notes', id: 'x' };
    const other = new MemoryStateStore(state);
    const broken = await other.put({ ...name, format: 1, contents: '{}', replaces: revision });
    await copy.refresh(soon());
    expect(copy.standing.problems.join()).toContain('notes: ');
    state.documents.set('notes/x', { ...broken, contents: '{"text":"mended"}' });
    clock.leap(6_000);
    await expect
      .poll(() => documents.get('x'))
      .toMatchObject({ kind: 'value', revision: broken.revision, value: { text: 'mended' } });
    expect(copy.standing.problems.filter((problem) => problem.startsWith('notes'))).toEqual([]);
    await documents.put('x', { text: 'mine' }, broken.revision);
  });
});
