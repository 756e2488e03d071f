import { describe, expect, it } from 'vitest';
import { scheduleRotation } from '../../../../src/external-keys/lifecycle/update-key.js';
import { disableKey, enableKey } from '../../../../src/external-keys/lifecycle/set-key-enabled.js';
import { KeyManagerError } from '../../../../src/key-managers/backend.js';
import { BEGIN } from '../../../support/lifecycle.js';
import { LivingKeys } from '../../../support/living-keys.js';
import { MemoryState } from '../../../support/memory-state-store.js';
import { DAY_MS, ManualClock, scheduledReplica } from '../../../support/scheduled-replica.js';

const EVERY = { kind: 'days', days: 90 } as const;

async function parts() {
  const memory = new MemoryState();
  const keys = new LivingKeys();
  const clock = new ManualClock();
  keys.makeElsewhere('key');
  return { memory, keys, clock, ...(await scheduledReplica(memory, keys, clock)) };
}

function rotations({ done }: LivingKeys): number {
  return done.filter((act) => act === 'rotate key').length;
}

describe('rotation on schedule', () => {
  it('a period is over → rotated once, within a day; and again a period later', async () => {
    const { keys, clock, lifecycle, records, events, round } = await parts();
    await scheduleRotation(lifecycle, 'key', EVERY);
    clock.pass(90 * DAY_MS - 1);
    await round();
    expect(rotations(keys)).toBe(0);
    clock.pass(DAY_MS + 1);
    await round();
    await round();
    expect(rotations(keys)).toBe(1);
    expect(events).toEqual([
      expect.objectContaining({ event: 'key-rotated', cause: 'schedule', by: 'schedule' }),
    ]);
    // Its delay of some hours does not add up: the period counts from when it was due.
    expect(records.keyRecordOf('key')?.value.rotation?.since).toBe(
      new Date(BEGIN + 90 * DAY_MS).toISOString(),
    );
    clock.pass(90 * DAY_MS);
    await round();
    expect(rotations(keys)).toBe(2);
  });

  it('Disabled when it is due → not rotated, and at once when it comes back', async () => {
    const { keys, clock, lifecycle, round } = await parts();
    await scheduleRotation(lifecycle, 'key', EVERY);
    await disableKey(lifecycle, 'key', 'ann');
    clock.pass(200 * DAY_MS);
    await round();
    expect(rotations(keys)).toBe(0);
    await enableKey(lifecycle, 'key', 'ann');
    await round();
    expect(rotations(keys)).toBe(1);
  });

  it('disabled by its key manager → not rotated, and nobody is told of a failure', async () => {
    const { keys, clock, lifecycle, events, round } = await parts();
    await scheduleRotation(lifecycle, 'key', EVERY);
    await keys.administration.setKeyEnabled('key', false);
    clock.pass(92 * DAY_MS);
    await round();
    expect(rotations(keys)).toBe(0);
    expect(events).toEqual([]);
  });

  it('the key manager refuses → told, and tried again after a minute, then two', async () => {
    const { keys, clock, lifecycle, events, round } = await parts();
    await scheduleRotation(lifecycle, 'key', EVERY);
    const rotate = keys.administration.rotateKey;
    let tries = 0;
    keys.administration.rotateKey = () => {
      tries += 1;
      return Promise.reject(new KeyManagerError('unsupported', 'not now'));
    };
    clock.pass(91 * DAY_MS);
    await round();
    expect(events).toEqual([
      expect.objectContaining({
        event: 'key-rotation-failed',
        cause: 'schedule',
        reason: 'not now',
      }),
    ]);
    clock.pass(59_999);
    await round();
    expect(tries).toBe(1);
    clock.pass(1);
    await round();
    expect(tries).toBe(2);
    clock.pass(119_999);
    await round();
    expect(tries).toBe(2);
    keys.administration.rotateKey = rotate;
    clock.pass(1);
    await round();
    expect(rotations(keys)).toBe(1);
  });

  it('the replica dies in the middle of it → another one finishes it, once', async () => {
    const { memory, keys, clock, lifecycle, state, round } = await parts();
    await scheduleRotation(lifecycle, 'key', EVERY);
    keys.losing = (act) => (act === 'rotate' ? 'after' : undefined);
    clock.pass(91 * DAY_MS);
    await round();
    keys.losing = () => undefined;
    await state.close();
    const other = await scheduledReplica(memory, keys, clock);
    await other.round();
    await other.round();
    const [summary] = await keys.administration.listKeys();
    expect(summary?.description.versions.size).toBe(2);
    expect(other.records.keyRecordOf('key')?.value.intent).toBeUndefined();
  });

  it('two replicas → the one with the lowest id rotates', async () => {
    const { memory, keys, clock, lifecycle, ...one } = await parts();
    await scheduleRotation(lifecycle, 'key', EVERY);
    const two = await scheduledReplica(memory, keys, clock);
    const [holder, other] = one.state.replica < two.state.replica ? [one, two] : [two, one];
    clock.pass(91 * DAY_MS);
    await one.round();
    await two.round();
    await other.round();
    expect(rotations(keys)).toBe(1);
    expect(holder.events).toHaveLength(1);
    expect(other.events).toHaveLength(0);
  });

  it.each([
    ['a key of imported material', 'imported', EVERY, 'unsupported'],
    [
      'a time zone that nobody knows',
      'key',
      { kind: 'monthly', timeZone: 'Mars/Olympus' },
      'invalid',
    ],
  ] as const)('a schedule for %s → %s', async (_, id, every, code) => {
    const { lifecycle, records, keys } = await parts();
    keys.makeElsewhere('imported');
    const imported = { externalKeyId: 'imported', state: 'Enabled', origin: 'external' } as const;
    await records.put({ kind: 'key', ...imported }, 0);
    await expect(scheduleRotation(lifecycle, id, every)).rejects.toMatchObject({
      name: 'LifecycleError',
      code,
    });
  });
});
