import assert from 'node:assert/strict';
import {
  COLLECTION,
  named,
  putSmall,
  rejectsWith,
  removeSmall,
  type StateCase,
} from './state-case.js';

const TOKEN = /^[0-9a-f]{32}$/;

/** The cases of changesSince, and of the store's place in its history. */
export const changeCases: readonly StateCase[] = [
  {
    title: 'a new store → has an id and a token, is at revision 0, and nothing has changed',
    async run({ store, other, reopen }) {
      const { mark, documents, damaged, leases } = await store.changesSince(0);
      assert.match(store.id, TOKEN);
      assert.match(mark.token, TOKEN);
      assert.deepEqual([mark.storeId, mark.revision], [store.id, 0]);
      assert.deepEqual([documents, damaged, leases], [[], [], []]);
      assert.equal(other.id, store.id);
      const again = await reopen();
      assert.equal(again.id, store.id);
      assert.deepEqual((await again.changesSince(0)).mark, mark);
    },
  },
  {
    title: 'documents change → the newest state of each that is newer, by ascending revision',
    async run({ store, other }) {
      const a = await putSmall(store, 'a', 0);
      const b = await putSmall(other, 'b', 0);
      const c = await store.put({ collection: 'contract-others', ...other3() });
      const a2 = await putSmall(other, 'a', a.revision, '2');
      const gone = await removeSmall(store, 'b', b.revision);
      const since = async (revision: number) => (await other.changesSince(revision)).documents;
      assert.deepEqual(await since(0), [c, a2, gone]);
      assert.deepEqual(await since(c.revision), [a2, gone]);
      assert.deepEqual(await since(a2.revision), [gone]);
      assert.deepEqual(await since(gone.revision), []);
      assert.deepEqual(await since(gone.revision + 5), []);
    },
  },
  {
    title: 'a document changes → the store is at its revision, with a token of its own',
    async run({ store, other, reopen }) {
      const tokens = new Set<string>();
      let revision = 0;
      for (let count = 0; count < 5; count += 1) {
        ({ revision } = await putSmall(store, 'a', revision, String(count)));
        const { mark } = await other.changesSince(0);
        assert.equal(mark.revision, revision);
        assert.match(mark.token, TOKEN);
        assert.deepEqual(await store.changesSince(revision), {
          ...(await other.changesSince(revision)),
          tokenThen: mark.token,
        });
        tokens.add(mark.token);
      }
      assert.equal(tokens.size, 5);
      const { mark, tokenThen } = await (await reopen()).changesSince(revision);
      assert.deepEqual([mark.revision, tokenThen], [revision, mark.token]);
      assert(tokens.has(mark.token));
    },
  },
  {
    title: 'a change that is refused → leaves the store at its revision',
    async run({ store }) {
      await putSmall(store, 'a', 0);
      const before = await store.changesSince(0);
      await rejectsWith(() => putSmall(store, 'a', 0), 'conflict');
      await rejectsWith(() => putSmall(store, 'b', 0, '{'), 'invalid');
      assert.deepEqual(await store.changesSince(0), before);
    },
  },
  {
    title: 'a revision that the store has not come to → it has no token for it',
    async run({ store }) {
      const { revision } = await putSmall(store, 'a', 0);
      assert.equal((await store.changesSince(revision + 1)).tokenThen, undefined);
    },
  },
  {
    title: 'an earlier revision of a shared store → its token is still known',
    async run({ store, reopen }) {
      if (!store.isShared) return;
      const first = await putSmall(store, 'a', 0);
      const { mark } = await store.changesSince(first.revision);
      await putSmall(store, 'a', first.revision, '2');
      assert.equal((await store.changesSince(first.revision)).tokenThen, mark.token);
      const again = await reopen();
      assert.equal((await again.changesSince(first.revision)).tokenThen, mark.token);
    },
  },
  {
    title: 'many change documents at once → every change has a revision of its own, none is missed',
    async run({ store, other }) {
      const ids = Array.from({ length: 30 }, (_, index) => `id-${index}`);
      const ways = [store, other];
      const made = ids.map((id, index) => putSmall(ways[index % 2] ?? store, id, 0));
      const seen = new Map<string, number>();
      let last = 0;
      while (seen.size < ids.length) {
        const { mark, documents } = await other.changesSince(last);
        for (const { id, revision } of documents) {
          assert(
            revision > last && revision <= mark.revision,
            `${id} at ${revision} after ${last}`,
          );
          seen.set(id, revision);
        }
        last = mark.revision;
        await new Promise((resolve) => setImmediate(resolve));
      }
      const revisions = (await Promise.all(made)).map(({ revision }) => revision);
      assert.equal(new Set(revisions).size, ids.length);
    },
  },
  {
    title: 'a document that is spoilt → named, the others are served, and no change overwrites it',
    async run({ store, damage }) {
      if (damage === undefined) return;
      const spoilt = await putSmall(store, 'spoilt', 0);
      const whole = await putSmall(store, 'whole', 0);
      const again = await damage(named('spoilt'));
      const { documents, damaged } = await again.changesSince(0);
      assert.deepEqual(documents, [whole]);
      assert.deepEqual(
        damaged.map(({ collection, id }) => [collection, id]),
        [[COLLECTION, 'spoilt']],
      );
      assert.notEqual(damaged[0]?.problem, '');
      assert.deepEqual(await again.get(named('whole')), whole);
      await rejectsWith(() => again.get(named('spoilt')), 'damaged');
      await rejectsWith(() => again.list(COLLECTION), 'damaged');
      for (const replaces of [0, spoilt.revision]) {
        await rejectsWith(() => putSmall(again, 'spoilt', replaces), 'damaged');
        await rejectsWith(() => removeSmall(again, 'spoilt', replaces), 'damaged');
      }
      const next = await putSmall(again, 'next', 0);
      assert(next.revision > whole.revision);
      assert.equal((await again.changesSince(0)).damaged.length, 1);
    },
  },
  {
    title: 'a store of a newer format → newer-version, not damaged',
    async run({ store, openNewer }) {
      await putSmall(store, 'a', 0);
      await rejectsWith(openNewer, 'newer-version');
    },
  },
];

function other3() {
  return { id: 'c', format: 1, contents: '3', replaces: 0 };
}
