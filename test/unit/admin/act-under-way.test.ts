import { expect, it } from 'vitest';
import { createAdminOperations } from '../../../src/admin/operations/index.js';
import { keyDetails } from '../../../src/cli/key-details.js';
import { KeyManagerError } from '../../../src/key-managers/backend.js';
import { actsOf } from '../../../src/admin/in-force.js';
import { Lifecycle } from '../../../src/external-keys/lifecycle/lifecycle.js';
import type { Lease } from '../../../src/state/store.js';
import { inForce, keySummary, stateInMemory } from '../../support/admin-fixture.js';

const BEGUN = { at: '2026-11-28T12:00:00.000Z', by: 'ann' };
const NOBODY = { has: () => false };

/** A key whose rotation was begun by a replica, at a key manager that refuses it in these words. */
function rotating(replica: string, error: Error, leases: readonly Lease[] = []) {
  const files = {
    listKeys: () => Promise.resolve([keySummary('hr')]),
    rotateKey: () => Promise.reject(error),
  };
  const { standing } = stateInMemory();
  const state = stateInMemory({ standing: { ...standing, leases } });
  const served = { ...inForce(files), state };
  const acts = actsOf(served, 'files');
  if (!(acts instanceof Lifecycle)) throw new Error('it can finish what others have begun');
  const intent = { act: 'rotate', replica, begun: BEGUN, from: 1 } as const;
  const put = acts.ports.records.put(
    { kind: 'key', externalKeyId: 'hr', state: 'Enabled', origin: 'found', intent },
    0,
  );
  return { acts, put, ...createAdminOperations(() => served) };
}

it.each([
  {
    code: 'unreachable',
    says: 'no route to the token',
    advice: 'Look at why the key manager does not answer',
  },
  { code: 'internal', says: 'the object is there twice', advice: 'Look at the key with the tools' },
] as const)(
  'an act that $code keeps from being finished → keys show has the reason and what to do',
  async ({ code, says, advice }) => {
    const { acts, put, showKey } = rotating('a'.repeat(32), new KeyManagerError(code, says));
    await put;
    const before = await showKey({ pathParameters: { externalKeyId: 'hr' }, query: {} }, 'ann');
    expect(before).toMatchObject({ underWay: 'rotate', begun: BEGUN });
    expect(before.unfinished).toBeUndefined();
    await acts.finishAbandoned(NOBODY);
    const key = await showKey({ pathParameters: { externalKeyId: 'hr' }, query: {} }, 'ann');
    expect(key.unfinished).toEqual({
      reason: says,
      advice: expect.stringContaining(advice) as string,
    });
    const text = keyDetails(key);
    expect(text).toMatch(
      /^Under way: +rotate, begun 2026-11-28T12:00:00.000Z by ann on replica a/m,
    );
    expect(text).toContain(says);
    expect(text).toMatch(/^What to do: +Look at/m);
  },
);

it('an act that another replica is at → keys show names the replica', async () => {
  const replica = 'b'.repeat(32);
  const lease = { replica, name: 'proxy-2', version: '1', format: 1, applied: 1, endsInMs: 1_000 };
  const { put, showKey } = rotating(replica, new Error('never asked'), [lease]);
  await put;
  const key = await showKey({ pathParameters: { externalKeyId: 'hr' }, query: {} }, 'ann');
  expect(key.begun).toEqual({ ...BEGUN, replica: 'proxy-2' });
  expect(key.unfinished?.reason).toContain('proxy-2');
});
