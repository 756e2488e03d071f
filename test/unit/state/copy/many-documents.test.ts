import { describe, expect, it, vi } from 'vitest';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { stateReplica } from '../../../support/state-replica.js';
import { copyOf, goBack, hasCode, notes } from './replica.js';

/** A store with documents at the revisions 1 to 5, and answers of two. */
async function fiveDocuments() {
  const state = new MemoryState();
  const store = new MemoryStateStore(state);
  const put = (id: string, replaces: number) =>
    store.put({ collection: 'notes', id, format: 1, contents: '{"text":""}', replaces });
  for (const id of ['a', 'b', 'c', 'd', 'e']) await put(id, 0);
  state.pageSize = 2;
  return { state, store, put };
}

/** Does something once between two answers of a store. */
function betweenAnswers(store: MemoryStateStore, act: () => unknown): void {
  const ask = store.changesSince.bind(store);
  vi.spyOn(store, 'changesSince').mockImplementationOnce(async (since, after) => {
    const changes = await ask(since, after);
    await act();
    return changes;
  });
}

describe('more documents than one answer has', () => {
  it('→ all are there when the copy is open', async () => {
    const { state } = await fiveDocuments();
    const { copy } = await copyOf(state);
    const ids = copy
      .collection(notes)
      .list()
      .map(({ id }) => id);
    expect(ids).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(copy.standing.applied).toBe(5);
  });

  it('and one of the first changes before the next answer → its newest state', async () => {
    const { state, store, put } = await fiveDocuments();
    betweenAnswers(store, () => put('a', 1));
    const copy = await stateReplica(state, { store });
    expect(copy.collection(notes).get('a')).toMatchObject({ revision: 6 });
    expect(copy.standing.applied).toBe(6);
  });

  it('and the store goes back before the next answer → gone back', async () => {
    const { state, store } = await fiveDocuments();
    betweenAnswers(store, () => {
      goBack(state, 3);
    });
    await expect(stateReplica(state, { store })).rejects.toEqual(hasCode('gone-back'));
  });
});
