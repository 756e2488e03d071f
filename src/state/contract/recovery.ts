import assert from 'node:assert/strict';
import { COLLECTION, named, putSmall, rejectsWith, type StateCase } from './state-case.js';

/** The cases of recover: as if the store had lost its newest changes, and replicas had not. */
export const recoveryCases: readonly StateCase[] = [
  {
    title: 'documents of replicas that are newer → brought back, above the highest revision',
    async run({ store, other, reopen }) {
      const older = await putSmall(store, 'older', 0, '1');
      const newer = await putSmall(store, 'newer', 0, '1');
      const brought = [
        { ...older, revision: newer.revision + 5, contents: '2' },
        { ...named('lost'), revision: newer.revision + 6, format: 2, contents: '3' },
        { ...named('gone'), revision: newer.revision + 7, format: 1, contents: undefined },
        { ...newer, revision: newer.revision - 1, contents: '0' },
        newer,
      ];
      const highest = newer.revision + 100;
      const names = await store.recover(brought, highest);
      assert.deepEqual(names.map(({ id }) => id).toSorted(), ['gone', 'lost', 'older']);
      for (const each of [other, await reopen()]) {
        const { mark, documents } = await each.changesSince(highest);
        assert(mark.revision > highest);
        assert.deepEqual(
          documents.map(({ id, contents, format }) => [id, contents, format]).toSorted(),
          [
            ['gone', undefined, 1],
            ['lost', '3', 2],
            ['older', '2', 1],
          ],
        );
        assert.deepEqual(await each.get(named('newer')), newer);
        assert.equal((await each.list(COLLECTION)).length, 4);
      }
    },
  },
  {
    title: 'nothing is newer → the revision is above the highest all the same, and has a token',
    async run({ store, reopen }) {
      const { revision } = await putSmall(store, 'a', 0);
      const before = (await store.changesSince(0)).mark;
      assert.deepEqual(await store.recover([], 1000), []);
      const { mark } = await store.changesSince(0);
      assert(mark.revision > 1000);
      assert.notEqual(mark.token, before.token);
      const again = await reopen();
      assert.deepEqual((await again.changesSince(0)).mark, mark);
      const next = await putSmall(again, 'a', revision, '2');
      assert(next.revision > mark.revision);
    },
  },
  {
    title: 'a store is recovered → every count is unknown',
    async run({ store, reopen }) {
      await store.beginCounter('count', 5);
      await store.recover([], 10);
      const request = { counter: 'count', size: 1, limit: 10 };
      await rejectsWith(() => store.drawBlock(request), 'count-unknown');
      await rejectsWith(async () => (await reopen()).drawBlock(request), 'count-unknown');
    },
  },
  {
    title: 'a document that was brought back → changes go on at its new revision',
    async run({ store }) {
      const lost = { ...named('lost'), revision: 50, format: 1, contents: '1' };
      await store.recover([lost], 60);
      await rejectsWith(() => putSmall(store, 'lost', lost.revision), 'conflict');
      const back = await store.get(named('lost'));
      const next = await putSmall(store, 'lost', back?.revision ?? 0, '2');
      assert.deepEqual(await store.get(named('lost')), next);
    },
  },
];
