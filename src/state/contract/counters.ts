import assert from 'node:assert/strict';
import { rejectsWith, type StateCase } from './state-case.js';

const REQUEST = { counter: 'count/one', size: 10, limit: 1000 };

/** The cases of counters. */
export const counterCases: readonly StateCase[] = [
  {
    title: 'a counter is begun → hands out blocks from there, one after the other',
    async run({ store, other, reopen }) {
      await store.beginCounter(REQUEST.counter, 5);
      assert.deepEqual(await store.drawBlock(REQUEST), { from: 5, to: 15 });
      assert.deepEqual(await other.drawBlock({ ...REQUEST, size: 1 }), { from: 15, to: 16 });
      assert.deepEqual(await (await reopen()).drawBlock(REQUEST), { from: 16, to: 26 });
    },
  },
  {
    title: 'near the limit → fewer; at the limit and above → none',
    async run({ store, reopen }) {
      await store.beginCounter(REQUEST.counter, 0);
      const request = { ...REQUEST, size: 7, limit: 10 };
      assert.deepEqual(await store.drawBlock(request), { from: 0, to: 7 });
      assert.deepEqual(await store.drawBlock(request), { from: 7, to: 10 });
      assert.equal(await store.drawBlock(request), undefined);
      assert.equal(await store.drawBlock({ ...request, limit: 3 }), undefined);
      const again = await reopen();
      assert.equal(await again.drawBlock(request), undefined);
      assert.deepEqual(await again.readCounters(''), new Map([[REQUEST.counter, 10]]));
    },
  },
  {
    title: 'numbers beyond 32 bits → exact',
    async run({ store, reopen }) {
      const limit = 2 ** 52;
      await store.beginCounter(REQUEST.counter, 2 ** 51);
      const drawn = await store.drawBlock({ ...REQUEST, size: 2 ** 24, limit });
      assert.deepEqual(drawn, { from: 2 ** 51, to: 2 ** 51 + 2 ** 24 });
      const next = await (await reopen()).drawBlock({ ...REQUEST, size: 1, limit });
      assert.equal(next?.from, 2 ** 51 + 2 ** 24);
    },
  },
  {
    title: 'many draw at once → no number twice, and none left out',
    async run({ store, other }) {
      await store.beginCounter(REQUEST.counter, 0);
      const drawings = Array.from({ length: 40 }, (_, index) =>
        (index % 2 === 0 ? store : other).drawBlock({ ...REQUEST, size: 3 }),
      );
      const blocks = (await Promise.all(drawings)).map((block) => block ?? { from: -1, to: -1 });
      const starts = blocks.map(({ from }) => from).sort((a, b) => a - b);
      assert.deepEqual(
        starts,
        starts.map((_, index) => index * 3),
      );
    },
  },
  {
    title: 'many counters drawn from at once → the outcome of each, in order',
    async run({ store, other, reopen }) {
      await store.beginCounter('count/a', 5);
      await store.beginCounter('count/full', 1000);
      const request = (counter: string) => ({ ...REQUEST, counter });
      const requests = ['count/full', 'count/none', 'count/a'].map(request);
      const outcomes = ['at-limit', 'count-unknown', { from: 5, to: 15 }];
      assert.deepEqual(await store.drawBlocks(requests), outcomes);
      assert.deepEqual(await other.drawBlocks([request('count/a')]), [{ from: 15, to: 25 }]);
      assert.deepEqual(await store.drawBlocks([]), []);
      const again = await reopen();
      assert.deepEqual(await again.drawBlock(request('count/a')), { from: 25, to: 35 });
    },
  },
  {
    title: 'a counter that is not there → count-unknown, and it is not begun by that',
    async run({ store }) {
      await rejectsWith(() => store.drawBlock(REQUEST), 'count-unknown');
      assert.deepEqual(await store.readCounters(''), new Map());
    },
  },
  {
    title: 'a counter that is there is begun → conflict, and it goes on from where it was',
    async run({ store, other }) {
      await store.beginCounter(REQUEST.counter, 3);
      await rejectsWith(() => other.beginCounter(REQUEST.counter, 0), 'conflict');
      assert.deepEqual(await other.drawBlock(REQUEST), { from: 3, to: 13 });
    },
  },
  {
    title: 'two begin one counter at once → one has begun it',
    async run({ store, other }) {
      const tries = [store, other].map((each) => each.beginCounter(REQUEST.counter, 0));
      const results = await Promise.allSettled(tries);
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    },
  },
  {
    title: 'counters are read by the beginning of their names → those alone, with any characters',
    async run({ store }) {
      const names = ['a/1', 'a/2', 'a%', 'a_', 'A/1', 'b', '..', 'a\\'];
      for (const [index, name] of names.entries()) await store.beginCounter(name, index);
      const read = async (prefix: string) => [...(await store.readCounters(prefix)).keys()].sort();
      assert.deepEqual(await read('a/'), ['a/1', 'a/2']);
      assert.deepEqual(await read('a%'), ['a%']);
      assert.deepEqual(await read('a_'), ['a_']);
      assert.deepEqual(await read('a\\'), ['a\\']);
      assert.deepEqual(await read(''), names.toSorted());
      assert.deepEqual(await read('none'), []);
    },
  },
  {
    title: 'a counter is raised → goes on above; one that is not there is begun with it',
    async run({ store, other, reopen }) {
      await store.beginCounter(REQUEST.counter, 5);
      await other.raiseCounter(REQUEST.counter, 100);
      await other.raiseCounter('count/other', 7);
      const again = await reopen();
      assert.deepEqual(await again.drawBlock(REQUEST), { from: 105, to: 115 });
      const drawn = await again.drawBlock({ ...REQUEST, counter: 'count/other' });
      assert.deepEqual(drawn, { from: 7, to: 17 });
    },
  },
  {
    title: 'counters are forgotten by the beginning of their names → those counts are unknown',
    async run({ store, other, reopen }) {
      for (const name of ['a%1', 'a%2', 'ab']) await store.beginCounter(name, 1);
      await other.forgetCounters('a%');
      await rejectsWith(() => store.drawBlock({ ...REQUEST, counter: 'a%1' }), 'count-unknown');
      const again = await reopen();
      await rejectsWith(() => again.drawBlock({ ...REQUEST, counter: 'a%2' }), 'count-unknown');
      assert.deepEqual(await again.readCounters(''), new Map([['ab', 1]]));
      await again.beginCounter('a%1', 50);
      assert.equal((await again.drawBlock({ ...REQUEST, counter: 'a%1' }))?.from, 50);
    },
  },
  {
    title: 'counters change → the revision of the store does not',
    async run({ store }) {
      await store.beginCounter(REQUEST.counter, 0);
      await store.drawBlock(REQUEST);
      await store.raiseCounter(REQUEST.counter, 1);
      await store.forgetCounters('');
      assert.equal((await store.changesSince(0)).mark.revision, 0);
    },
  },
  {
    title: 'a counter that is spoilt → its count is unknown, and nothing overwrites it',
    async run({ store, damageCounter }) {
      if (damageCounter === undefined) return;
      await store.beginCounter(REQUEST.counter, 5);
      await store.beginCounter('count/whole', 5);
      const again = await damageCounter(REQUEST.counter);
      await rejectsWith(() => again.drawBlock(REQUEST), 'count-unknown');
      await rejectsWith(() => again.beginCounter(REQUEST.counter, 0), 'damaged');
      await rejectsWith(() => again.raiseCounter(REQUEST.counter, 1), 'damaged');
      assert.deepEqual(await again.readCounters(''), new Map([['count/whole', 5]]));
    },
  },
  {
    title: 'names and numbers outside of what is allowed → invalid',
    async run({ store }) {
      for (const name of ['', 'a b', 'é', 'x'.repeat(257)]) {
        await rejectsWith(() => store.beginCounter(name, 0), 'invalid');
        await rejectsWith(() => store.raiseCounter(name, 0), 'invalid');
        await rejectsWith(() => store.drawBlock({ ...REQUEST, counter: name }), 'invalid');
      }
      for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53]) {
        await rejectsWith(() => store.beginCounter('a', wrong), 'invalid');
        await rejectsWith(() => store.raiseCounter('a', wrong), 'invalid');
        await rejectsWith(() => store.drawBlock({ ...REQUEST, size: wrong }), 'invalid');
        await rejectsWith(() => store.drawBlock({ ...REQUEST, limit: wrong }), 'invalid');
      }
      await rejectsWith(() => store.drawBlock({ ...REQUEST, size: 0 }), 'invalid');
    },
  },
];
