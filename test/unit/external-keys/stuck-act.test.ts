import { expect, it } from 'vitest';
import { createKey } from '../../../src/external-keys/lifecycle/create-key.js';
import { rotateKey } from '../../../src/external-keys/lifecycle/rotate-key.js';
import { lifecycleReplica } from '../../support/lifecycle.js';
import { LivingKeys } from '../../support/living-keys.js';
import { captureLog } from '../../support/log-lines.js';
import { MemoryState } from '../../support/memory-state-store.js';
import { ManualClock } from '../../support/scheduled-replica.js';

const NOBODY = { has: () => false };
const HOUR_MS = 3_600_000;

it('an act cannot be finished → logged at first, when the reason changes and hourly; told while it lasts', async () => {
  const keys = new LivingKeys();
  const clock = new ManualClock();
  const { logger, lines } = captureLog();
  const { lifecycle } = await lifecycleReplica(new MemoryState(), keys, { clock, log: logger });
  const wanted = { usage: new Set(['ENCRYPT', 'DECRYPT'] as const), origin: 'generated' } as const;
  await createKey(lifecycle, { externalKeyId: 'key', ...wanted }, 'ann');
  keys.losing = (act) => (act === 'rotate' ? 'before' : undefined);
  await expect(rotateKey(lifecycle, 'key', 'ann')).rejects.toThrow();
  const logged = () => lines().filter(({ msg }) => msg === 'an act cannot be finished').length;
  const trySoon = async () => {
    clock.pass(10_000);
    await lifecycle.finishAbandoned(NOBODY);
  };
  await trySoon();
  await trySoon();
  expect(logged()).toBe(1);
  expect(lifecycle.unfinished).toEqual([
    expect.stringMatching(/^the act "rotate" on key of the key manager living cannot be finished/u),
  ]);
  clock.pass(HOUR_MS);
  await trySoon();
  expect(logged()).toBe(2);
  const describe = keys.describeKey.bind(keys);
  keys.describeKey = () => Promise.reject(new Error('another reason'));
  keys.losing = () => undefined;
  const rotate = keys.administration.rotateKey;
  keys.administration.rotateKey = () => Promise.reject(new Error('another reason'));
  await trySoon();
  await trySoon();
  expect(logged()).toBe(3);
  keys.describeKey = describe;
  keys.administration.rotateKey = rotate;
  await trySoon();
  expect(lifecycle.unfinished).toEqual([]);
});
