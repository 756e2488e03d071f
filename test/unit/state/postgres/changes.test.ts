import { expect, it } from 'vitest';
import { readChanges } from '../../../../src/state/postgres/changes.js';
import { tablesIn } from '../../../../src/state/postgres/tables.js';
import type { Ask } from '../../../../src/state/postgres/transaction.js';

const STORE = {
  store_id: 'a'.repeat(32),
  store_revision: 7,
  store_token: 'b'.repeat(32),
  format: 1,
  token_then: 'c'.repeat(32),
  leases: null,
};
const DOCUMENT = { collection: 'things', id: 'x', revision: 7, format: 1, contents: '1', bytes: 1 };

/** Answers statements from a list, in order. */
function answering(...answers: readonly object[]): Ask {
  const left = [...answers];
  return <Row extends object>() => Promise.resolve(left.splice(0, 1) as readonly object[] as Row[]);
}

it('a replica that takes its lease before the documents are read → is among the leases', async () => {
  const lease = { replica: 'd'.repeat(32), name: 'late', applied: 6 };
  const ask = answering(STORE, { ...STORE, ...DOCUMENT }, { ...STORE, leases: [lease] });
  const changes = await readChanges(ask, tablesIn('holdfast'), 6);
  expect(changes.documents).toMatchObject([{ id: 'x', revision: 7 }]);
  expect(changes.leases).toEqual([lease]);
});

it('an answer that ends with a row of somebody else → the last one: the store goes on below it', async () => {
  const store = { ...STORE, store_revision: 1_000 };
  const own = Array.from({ length: 999 }, (_, index) => ({ ...DOCUMENT, revision: index + 1 }));
  const rows = [...own, { ...DOCUMENT, revision: 2_000 }].map((row) => ({ ...store, ...row }));
  const answers = [[store], rows, [store]];
  const ask: Ask = <Row extends object>() =>
    Promise.resolve((answers.shift() ?? []) as readonly object[] as Row[]);
  const { documents, damaged, next } = await readChanges(ask, tablesIn('holdfast'), 0);
  expect([documents.length, damaged.length, next]).toEqual([999, 1, undefined]);
});

it.each([
  ['a revision above 2^53', { store_revision: 2 ** 60 }],
  ['a revision after which few are left', { store_revision: 2 ** 53 - 1 }],
  ['no token', { store_token: 'z' }],
])('a store row with %s → damaged, and nothing is followed', async (_, change) => {
  const ask = answering({ ...STORE, ...change });
  await expect(readChanges(ask, tablesIn('holdfast'), 6)).rejects.toMatchObject({
    code: 'damaged',
  });
});
