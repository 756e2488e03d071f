import assert from 'node:assert/strict';
import { MAX_DOCUMENT_BYTES } from '../store.js';
import {
  COLLECTION,
  named,
  putSmall,
  rejectsWith,
  removeSmall,
  type StateCase,
} from './state-case.js';

/** Contents that come back as they were, byte for byte. */
const contents: readonly { readonly what: string; readonly text: string }[] = [
  { what: 'an object', text: '{"b":1,"a":[true,null,"x"]}' },
  { what: 'white space and repeated fields', text: '{ "a": 1,\n "a": 2 }' },
  { what: 'numbers beyond doubles', text: '[12345678901234567890, 1.50, 1e400]' },
  { what: 'other scripts, emoji and quotes', text: '{"ä":"日本 😀 \'\\" \\\\ $1 %s"}' },
  { what: 'escapes of NUL and of half a pair', text: '["\\u0000","\\ud800"]' },
  { what: 'a bare string', text: '"text"' },
  { what: 'null', text: 'null' },
  { what: 'the longest document', text: `"${'x'.repeat(MAX_DOCUMENT_BYTES - 2)}"` },
];

/** Ids that are taken, and kept apart. */
const ids: readonly string[] = [
  'a',
  'A',
  'key',
  'KEY',
  'Key',
  '.',
  '..',
  '../a',
  '/',
  'a/b',
  'a:b',
  'con',
  'nul.json',
  "it's",
  '"quoted"',
  '%41',
  '%',
  '\\',
  '$(id)',
  '~',
  '*',
  'x'.repeat(256),
  'X'.repeat(256),
  `${'X'.repeat(255)}x`,
];

const refusedIds: readonly string[] = ['', ' ', 'a b', 'é', 'a\n', '\0', 'x'.repeat(257)];
const refusedCollections: readonly string[] = ['', 'A', 'a_b', 'a/b', '..', 'x'.repeat(41)];
const refusedContents: readonly { readonly what: string; readonly text: string }[] = [
  { what: 'no JSON', text: '{' },
  { what: 'an empty text', text: '' },
  { what: 'half a surrogate pair', text: '"\ud800"' },
  { what: 'a byte too long', text: `"${'x'.repeat(MAX_DOCUMENT_BYTES - 1)}"` },
  { what: 'too long in bytes alone', text: `"${'é'.repeat(MAX_DOCUMENT_BYTES / 2)}"` },
];

/** The cases of documents: reading, making, replacing, removing. */
export const documentCases: readonly StateCase[] = [
  {
    title: 'a document that never was → undefined, and in no list',
    async run({ store }) {
      assert.equal(await store.get(named('none')), undefined);
      assert.deepEqual(await store.list(COLLECTION), []);
    },
  },
  {
    title: 'a document is made → read the same by every way, and after the next start',
    async run({ store, other, reopen }) {
      const made = await store.put({
        ...named('one'),
        format: 3,
        contents: '{"a":1}',
        replaces: 0,
      });
      assert.deepEqual(made, {
        ...named('one'),
        revision: made.revision,
        format: 3,
        contents: '{"a":1}',
      });
      assert(made.revision >= 1);
      for (const each of [store, other, await reopen()]) {
        assert.deepEqual(await each.get(named('one')), made);
        assert.deepEqual(await each.list(COLLECTION), [made]);
      }
    },
  },
  ...contents.map(
    ({ what, text }) =>
      ({
        title: `contents that are ${what} → the same, byte for byte, also after the next start`,
        async run({ store, other, reopen }) {
          await putSmall(store, 'one', 0, text);
          assert.equal((await other.get(named('one')))?.contents, text);
          assert.equal((await (await reopen()).get(named('one')))?.contents, text);
        },
      }) satisfies StateCase,
  ),
  {
    title: 'ids that differ by case or look like paths → documents of their own, in one order',
    async run({ store, reopen }) {
      for (const id of ids) await putSmall(store, id, 0, JSON.stringify(id));
      const listed = await (await reopen()).list(COLLECTION);
      const found = listed.map(({ id, contents: text }) => [id, text]);
      const inOrder = ids.toSorted((a, b) => (a < b ? -1 : 1));
      assert.deepEqual(
        found,
        inOrder.map((id) => [id, JSON.stringify(id)]),
      );
    },
  },
  {
    title: 'one id in two collections → two documents',
    async run({ store }) {
      await putSmall(store, 'one', 0);
      const other = { collection: 'contract-others', id: 'one' };
      await store.put({ ...other, format: 1, contents: '2', replaces: 0 });
      assert.deepEqual(
        (await store.list('contract-others')).map((each) => each.contents),
        ['2'],
      );
      assert.equal((await store.list(COLLECTION)).length, 1);
    },
  },
  {
    title: 'a document is replaced at its revision → the new contents, at a higher revision',
    async run({ store, other }) {
      const made = await putSmall(store, 'one', 0, '1');
      const replaced = await putSmall(other, 'one', made.revision, '2');
      assert(replaced.revision > made.revision);
      assert.deepEqual(await store.get(named('one')), replaced);
    },
  },
  {
    title: 'a document is replaced at another revision → conflict, and it stays',
    async run({ store, other }) {
      const made = await putSmall(store, 'one', 0, '1');
      const replaced = await putSmall(other, 'one', made.revision, '2');
      for (const wrong of [0, made.revision, replaced.revision + 1]) {
        await rejectsWith(() => putSmall(store, 'one', wrong, '3'), 'conflict');
        await rejectsWith(() => removeSmall(store, 'one', wrong), 'conflict');
      }
      await rejectsWith(() => putSmall(store, 'none', made.revision), 'conflict');
      assert.deepEqual(await other.get(named('one')), replaced);
      assert.equal(await store.get(named('none')), undefined);
    },
  },
  {
    title: '8 make one document at once → one has made it, conflict for the others',
    async run({ store, other }) {
      const tries = Array.from({ length: 8 }, (_, index) =>
        putSmall(index % 2 === 0 ? store : other, 'one', 0, String(index)),
      );
      const results = await Promise.allSettled(tries);
      const made = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      assert.equal(made.length, 1);
      for (const each of results) {
        if (each.status === 'rejected') await rejectsWith(() => rethrow(each.reason), 'conflict');
      }
      assert.deepEqual(await store.get(named('one')), made[0]);
    },
  },
  {
    title: 'a document is removed → its tombstone, which stays, also after the next start',
    async run({ store, other, reopen }) {
      const made = await putSmall(store, 'one', 0);
      const removed = await removeSmall(other, 'one', made.revision);
      assert.equal(removed.contents, undefined);
      assert(removed.revision > made.revision);
      assert.deepEqual(await store.get(named('one')), removed);
      assert.deepEqual(await (await reopen()).list(COLLECTION), [removed]);
    },
  },
  {
    title: 'a document is made over a tombstone → only at the revision of the tombstone',
    async run({ store }) {
      const made = await putSmall(store, 'one', 0);
      const removed = await removeSmall(store, 'one', made.revision);
      await rejectsWith(() => putSmall(store, 'one', 0), 'conflict');
      await rejectsWith(() => putSmall(store, 'one', made.revision), 'conflict');
      const again = await putSmall(store, 'one', removed.revision, '2');
      assert.deepEqual(await store.get(named('one')), again);
    },
  },
  ...refusedIds.map(
    (id) =>
      ({
        title: `the id ${JSON.stringify(id.slice(0, 20))} of ${id.length} characters → invalid`,
        async run({ store }) {
          await rejectsWith(() => putSmall(store, id, 0), 'invalid');
          await rejectsWith(() => store.get(named(id)), 'invalid');
        },
      }) satisfies StateCase,
  ),
  ...refusedCollections.map(
    (collection) =>
      ({
        title: `the collection ${JSON.stringify(collection)} → invalid`,
        async run({ store }) {
          const change = { collection, id: 'a', format: 1, contents: '1', replaces: 0 };
          await rejectsWith(() => store.put(change), 'invalid');
          await rejectsWith(() => store.list(collection), 'invalid');
        },
      }) satisfies StateCase,
  ),
  ...refusedContents.map(
    ({ what, text }) =>
      ({
        title: `contents that are ${what} → invalid, and nothing is made`,
        async run({ store }) {
          await rejectsWith(() => putSmall(store, 'one', 0, text), 'invalid');
          assert.equal(await store.get(named('one')), undefined);
        },
      }) satisfies StateCase,
  ),
  {
    title: 'a format or a revision that is no whole number → invalid',
    async run({ store }) {
      const change = { ...named('one'), format: 1, contents: '1', replaces: 0 };
      for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53]) {
        await rejectsWith(() => store.put({ ...change, format: wrong }), 'invalid');
        await rejectsWith(() => store.put({ ...change, replaces: wrong }), 'invalid');
      }
      await rejectsWith(() => store.put({ ...change, format: 0 }), 'invalid');
    },
  },
];

function rethrow(reason: unknown): Promise<never> {
  return Promise.reject(reason instanceof Error ? reason : new Error(String(reason)));
}
