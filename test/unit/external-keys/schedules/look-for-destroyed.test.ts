import { describe, expect, it } from 'vitest';
import { createKey } from '../../../../src/external-keys/lifecycle/create-key.js';
import { scheduleDeletion } from '../../../../src/external-keys/lifecycle/schedule-deletion.js';
import { retireVersion } from '../../../../src/external-keys/lifecycle/retire-version.js';
import { rotateKey } from '../../../../src/external-keys/lifecycle/rotate-key.js';
import { LookForDestroyed } from '../../../../src/external-keys/schedules/look-for-destroyed.js';
import { LivingKeys } from '../../../support/living-keys.js';
import { MemoryState } from '../../../support/memory-state-store.js';
import { DAY_MS, ManualClock, scheduledReplica } from '../../../support/scheduled-replica.js';

const WANTED = {
  externalKeyId: 'key',
  usage: new Set(['ENCRYPT', 'DECRYPT'] as const),
  origin: 'generated',
} as const;
const MINUTE_MS = 60_000;

async function destroyedKey() {
  const [clock, keys, memory] = [new ManualClock(), new LivingKeys(), new MemoryState()];
  const replica = await scheduledReplica(memory, keys, clock);
  await createKey(replica.lifecycle, WANTED, 'ann');
  await scheduleDeletion(replica.lifecycle, 'key', 7, 'ann');
  await replica.elapse(7.1 * DAY_MS);
  const appeared = () => replica.events.filter(({ event }) => event === 'destroyed-key-appeared');
  return { clock, keys, memory, appeared, ...replica };
}

describe('LookForDestroyed', () => {
  it('a key of the id is made by somebody else → told each hour, and it stays Destroyed', async () => {
    const { keys, records, appeared, runFor } = await destroyedKey();
    await runFor(61 * MINUTE_MS);
    expect(appeared()).toEqual([]);
    keys.makeElsewhere('key');
    await runFor(61 * MINUTE_MS);
    expect(appeared()).toHaveLength(1);
    expect(appeared()[0]).toMatchObject({ keyManager: 'living', externalKeyId: 'key' });
    expect(appeared()[0]).toMatchObject({ destroyedAt: expect.any(String) as string });
    expect(records.keyOf('key').state).toBe('Destroyed');
    await runFor(60 * MINUTE_MS);
    expect(appeared()).toHaveLength(2);
  });

  it('it has appeared while no replica ran → told at the start', async () => {
    const { keys, memory, clock, state } = await destroyedKey();
    keys.makeElsewhere('key');
    await state.close();
    const next = await scheduledReplica(memory, keys, clock);
    await next.round();
    expect(next.events).toMatchObject([{ event: 'destroyed-key-appeared' }]);
  });

  it('a request names it → looked at once, and no more than once a minute', async () => {
    const { keys, lifecycle, clock, appeared } = await destroyedKey();
    keys.makeElsewhere('key');
    const look = new LookForDestroyed(() => 0.5);
    await look.asked(lifecycle, 'key');
    await look.asked(lifecycle, 'key');
    expect(appeared()).toHaveLength(1);
    clock.pass(MINUTE_MS);
    await look.asked(lifecycle, 'key');
    expect(appeared()).toHaveLength(2);
  });

  it('the key manager does not answer → looked again after five minutes', async () => {
    const { keys, lifecycle, clock, appeared } = await destroyedKey();
    const look = new LookForDestroyed(() => 0.5);
    const describeKey = keys.describeKey.bind(keys);
    keys.describeKey = () => Promise.reject(new Error('no answer'));
    const round = () => look.run(lifecycle, { now: 0, ranMs: 0, goesOn: () => true });
    await round();
    keys.describeKey = describeKey;
    keys.makeElsewhere('key');
    await round();
    expect(appeared()).toEqual([]);
    clock.pass(5 * MINUTE_MS);
    await round();
    expect(appeared()).toHaveLength(1);
  });

  it('a version that was destroyed is there again → told with its number', async () => {
    const clock = new ManualClock();
    const keys = new LivingKeys();
    const replica = await scheduledReplica(new MemoryState(), keys, clock);
    const { lifecycle, events } = replica;
    await createKey(lifecycle, WANTED, 'ann');
    await rotateKey(lifecycle, 'key', 'ann');
    const use = { completeSinceMs: 0, gaps: [], lastUsedMs: undefined };
    const wanted = { version: 1, unusedDays: 90, days: 7, use, namesMaterial: true };
    await retireVersion(lifecycle, 'key', wanted, 'ann');
    await replica.elapse(7.1 * DAY_MS);
    keys.makeElsewhere('key');
    await replica.runFor(61 * MINUTE_MS);
    expect(events.at(-1)).toMatchObject({ event: 'destroyed-key-appeared', keyVersion: 1 });
  });
});
