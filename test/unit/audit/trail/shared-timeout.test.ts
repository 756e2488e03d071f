import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SharedTimeout } from '../../../../src/audit/trail/shared-timeout.js';
import { deferred } from '../../../support/deferred.js';

/** A clock and a thread pool that a test moves. */
function heldStill() {
  let now = 0;
  const turns: (() => void)[] = [];
  const clock = { now: () => now, monotonic: () => now };
  const turn = () => new Promise<void>((resolve) => turns.push(resolve));
  return {
    waits: new SharedTimeout(clock, turn),
    turns,
    set: (ms: number) => {
      now = ms;
    },
  };
}

const tooLate = () => new Error('too late');

it('work that ends in the turn after its moment → is not too late, however long the loop was busy', async () => {
  const { waits, turns, set } = heldStill();
  const work = deferred<string>();
  const waited = waits.race(work.promise, 1, tooLate);
  set(60_000);
  await expect.poll(() => turns.length).toBe(1);
  work.resolve('done');
  await sleep(0);
  turns[0]?.();
  expect(await waited).toBe('done');
});

it('work that is under way after that turn → is too late', async () => {
  const { waits, turns, set } = heldStill();
  const waited = waits.race(new Promise(() => undefined), 1, (ms) => new Error(`late by ${ms}`));
  set(42);
  await expect.poll(() => turns.length).toBe(1);
  turns[0]?.();
  await expect(waited).rejects.toThrow('late by 41');
});

it('waits of different length → each ends at its own moment', async () => {
  const { waits, turns, set } = heldStill();
  const never = new Promise(() => undefined);
  const short = waits.race(never, 1, tooLate);
  const ended: string[] = [];
  const long = waits.race(never, 20, tooLate).catch(() => ended.push('long'));
  set(1);
  await expect.poll(() => turns.length).toBe(1);
  turns[0]?.();
  await expect(short).rejects.toThrow('too late');
  expect(ended).toEqual([]);
  set(20);
  await expect.poll(() => turns.length).toBe(2);
  turns[1]?.();
  await long;
  expect(ended).toEqual(['long']);
});
