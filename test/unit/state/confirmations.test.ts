import { expect, it } from 'vitest';
import type { Clock } from '../../../src/shared/clock.js';
import { Confirmations, type ConfirmationsPorts } from '../../../src/state/confirmations.js';

const REVISION = 7;

/** This replica and two others, of which `behind` has not come as far as the revision. */
function confirmationsOf(isSettled: ConfirmationsPorts['state']['isSettled']): Confirmations {
  const lease = (replica: string, applied: number) => ({
    ...{ replica, name: `name of ${replica}`, applied },
    ...{ version: '0.2.0', format: 1, endsInMs: 9_000 },
  });
  return new Confirmations({
    state: {
      ...{ replica: 'here', isSettled, onStanding: () => () => undefined },
      standing: {
        ...{ kind: 'in-step', applied: REVISION, ageMs: 0, problems: [], leftAside: [] },
        leases: [lease('here', REVISION), lease('there', REVISION), lease('behind', 6)],
      },
    },
    clock: leapingClock(),
    replicaName: 'this one',
  });
}

/** A clock whose every reading is ten seconds after the one before. */
function leapingClock(): Clock {
  let readings = 0;
  return { now: () => 0, monotonic: () => (readings += 1) * 10_000 };
}

it('a replica has not come so far in two seconds → it is named, and nobody waits longer', async () => {
  expect(await confirmationsOf(() => false).of(REVISION)).toEqual({
    confirmed: ['this one', 'name of there'],
    unconfirmed: ['name of behind'],
  });
});

it('a change that this replica alone has → nobody else is named as having it', () => {
  expect(confirmationsOf(() => false).ofThisReplica).toEqual({
    confirmed: ['this one'],
    unconfirmed: ['name of there', 'name of behind'],
  });
});
