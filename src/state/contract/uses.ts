import assert from 'node:assert/strict';
import { type DocumentName, MAX_DOCUMENT_BYTES, type StateStore } from '../store.js';
import { COLLECTION, named, putSmall, rejectsWith, type StateCase } from './state-case.js';

const FOREIGN_TOKEN = 'f'.repeat(32);

/** The cases of what replicas tell of uses. */
export const usesCases: readonly StateCase[] = [
  {
    title: 'uses are told → every way reads them, in the order of ids, and the next start does',
    async run({ store, other, reopen }) {
      const [b] = await tell(store, 'b', '{"at":1}');
      const [a] = await tell(store, 'a', '[ 1,\n 2]');
      const [upper] = await tell(store, 'A', 'null');
      await store.putUses([
        { collection: 'contract-others', id: 'a', format: 1, contents: '0', replaces: undefined },
      ]);
      const listed = { uses: [upper, a, b], damaged: [] };
      for (const each of [store, other]) {
        assert.deepEqual(await each.listUses(COLLECTION), listed);
      }
      assert.deepEqual(await (await reopen()).listUses(COLLECTION), listed);
    },
  },
  {
    title: 'uses are told again in the place of what was read → another token, the new contents',
    async run({ store, other }) {
      const [first] = await tell(store, 'a', '1');
      const [second] = await tell(other, 'a', '2', first?.token);
      assert.notEqual(second?.token, first?.token);
      assert.match(String(second?.token), /^[0-9a-f]{32}$/);
      assert.deepEqual((await store.listUses(COLLECTION)).uses, [second]);
    },
  },
  {
    title: 'what another one has told meanwhile → left as it is, and the rest is written',
    async run({ store, other }) {
      const [first] = await tell(store, 'a', '1');
      const [told] = await tell(other, 'a', '2', first?.token);
      for (const replaces of [first?.token, undefined, FOREIGN_TOKEN]) {
        assert.deepEqual(await tell(store, 'a', '3', replaces), []);
      }
      const change = { ...named('b'), format: 1, contents: '4', replaces: undefined };
      const written = await store.putUses([
        { ...named('a'), format: 1, contents: '3', replaces: first?.token },
        change,
      ]);
      assert.deepEqual(
        written.map(({ id }) => id),
        ['b'],
      );
      assert.deepEqual((await store.listUses(COLLECTION)).uses, [told, ...written]);
    },
  },
  {
    title: 'what was read is not there any more, as in a store that has gone back → written',
    async run({ store }) {
      const [told] = await tell(store, 'a', '1', FOREIGN_TOKEN);
      assert.deepEqual((await store.listUses(COLLECTION)).uses, [told]);
    },
  },
  {
    title: 'told by many at the same time, in any order → one of each is written, none is lost',
    async run({ store, other }) {
      const ids = Array.from({ length: 12 }, (_, index) => `id-${index}`);
      const changesOf = (contents: string, order: readonly string[]) =>
        order.map((id) => ({ ...named(id), format: 1, contents, replaces: undefined }));
      const both = await Promise.all([
        store.putUses(changesOf('1', ids)),
        other.putUses(changesOf('2', ids.toReversed())),
      ]);
      const written = both.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
      assert.deepEqual(
        written.map(({ id }) => id),
        ids.toSorted(),
      );
      assert.deepEqual((await store.listUses(COLLECTION)).uses, written);
    },
  },
  {
    title: 'uses are told → the revision of the store stays, and no document has changed',
    async run({ store }) {
      const document = await putSmall(store, 'a', 0);
      const [told] = await tell(store, 'a', '1');
      await tell(store, 'a', '2', told?.token);
      const { mark, documents } = await store.changesSince(0);
      assert.deepEqual([mark.revision, documents], [document.revision, [document]]);
    },
  },
  {
    title: 'the longest contents → kept; what is no name, format or JSON, or longer → invalid',
    async run({ store }) {
      const longest = `"${'x'.repeat(MAX_DOCUMENT_BYTES - 2)}"`;
      const [told] = await tell(store, 'a', longest);
      assert.equal(told?.contents, longest);
      const good = { ...named('b'), format: 1, contents: '1', replaces: undefined };
      for (const wrong of [
        { id: '' },
        { id: 'a b' },
        { collection: '../a' },
        { format: 0 },
        { contents: '{' },
        { contents: '"\ud800"' },
        { contents: `"${'x'.repeat(MAX_DOCUMENT_BYTES - 1)}"` },
      ]) {
        await rejectsWith(() => store.putUses([{ ...good, ...wrong }]), 'invalid');
      }
      await rejectsWith(() => store.listUses('../a'), 'invalid');
      assert.deepEqual((await store.listUses(COLLECTION)).uses.length, 1);
    },
  },
  {
    title: 'a collection of which nobody has told, and nothing to tell → nothing',
    async run({ store }) {
      assert.deepEqual(await store.putUses([]), []);
      assert.deepEqual(await store.listUses(COLLECTION), { uses: [], damaged: [] });
    },
  },
];

function tell(store: StateStore, id: DocumentName['id'], contents: string, replaces?: string) {
  return store.putUses([{ ...named(id), format: 1, contents, replaces }]);
}
