import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Rounds } from '../../../src/shared/rounds.js';

function slowRounds(everyMs: number) {
  const ended: number[] = [];
  let begun = 0;
  const rounds = new Rounds(everyMs, async () => {
    begun += 1;
    const own = begun;
    await delay(20);
    ended.push(own);
  });
  return { rounds, ended, begun: () => begun };
}

it('asked for while a round is under way → waits for that one', async () => {
  const { rounds, ended } = slowRounds(60_000);
  await Promise.all([rounds.run(), rounds.run()]);
  expect(ended).toEqual([1]);
  await rounds.run();
  expect(ended).toEqual([1, 2]);
});

it('a round that fails → the next one runs', async () => {
  let isBroken = true;
  const rounds = new Rounds(60_000, () =>
    isBroken ? Promise.reject(new Error('broken')) : Promise.resolve(),
  );
  await expect(rounds.run()).rejects.toThrow('broken');
  isBroken = false;
  await expect(rounds.run()).resolves.toBeUndefined();
});

it('stopped while a round is under way → waits for it, and begins no other', async () => {
  const { rounds, ended, begun } = slowRounds(1);
  rounds.start();
  await delay(10);
  await rounds.stop();
  const { length } = ended;
  await delay(30);
  expect([ended.length, begun()]).toEqual([length, length]);
  expect(length).toBeGreaterThan(0);
});
