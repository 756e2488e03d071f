import assert from 'node:assert/strict';
import { LEASE_MS, type LeaseRenewal, type StateStore } from '../store.js';
import type { StateCase } from './state-case.js';

const ONE: LeaseRenewal = renewal('1', 'first');
const TWO: LeaseRenewal = renewal('2', 'second');

/** The cases of leases. */
export const leaseCases: readonly StateCase[] = [
  {
    title: 'a lease is renewed → every way has it, as it was last renewed, until it ends',
    async run({ store, other }) {
      await store.renewLease(ONE);
      await other.renewLease(TWO);
      await store.renewLease({ ...ONE, applied: 7 });
      for (const each of [store, other]) {
        const leases = await leasesOf(each);
        assert.deepEqual(
          leases.map(({ endsInMs: _, ...rest }) => rest),
          [{ ...ONE, applied: 7 }, TWO],
        );
        for (const { endsInMs } of leases) assert(endsInMs > 0 && endsInMs <= LEASE_MS);
      }
    },
  },
  {
    title: 'a lease is ended → gone at once, the others stay',
    async run({ store, other }) {
      await store.renewLease(ONE);
      await other.renewLease(TWO);
      await store.endLease(ONE.replica);
      await store.endLease(ONE.replica);
      const [left, none] = await leasesOf(other);
      assert.deepEqual([left?.replica, none], [TWO.replica, undefined]);
    },
  },
  {
    title: 'a lease that is not renewed → ends by itself after its time',
    async run({ store, other, passTime }) {
      if (passTime === undefined) return;
      await store.renewLease(ONE);
      await passTime(LEASE_MS / 2);
      await other.renewLease(TWO);
      await passTime(LEASE_MS / 2 + 100);
      const left = await leasesOf(store);
      assert.deepEqual(
        left.map(({ replica }) => replica),
        [TWO.replica],
      );
    },
  },
  {
    title: 'leases change → the revision of the store does not',
    async run({ store }) {
      await store.renewLease(ONE);
      await store.endLease(ONE.replica);
      assert.equal((await store.changesSince(0)).mark.revision, 0);
    },
  },
];

function renewal(digit: string, name: string): LeaseRenewal {
  return { replica: digit.repeat(32), name, version: '1.2.3', format: 1, applied: 0 };
}

async function leasesOf(store: StateStore) {
  const { leases } = await store.changesSince(0);
  return leases.toSorted((a, b) => (a.replica < b.replica ? -1 : 1));
}
