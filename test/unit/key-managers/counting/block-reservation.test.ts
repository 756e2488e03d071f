import { describe, expect, it } from 'vitest';
import { KeyManagerError } from '../../../../src/key-managers/backend.js';
import {
  BlockReservation,
  type ReservingKey,
} from '../../../../src/key-managers/counting/block-reservation.js';
import { EncryptionBudget } from '../../../../src/key-managers/counting/encryption-budget.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { StateError } from '../../../../src/state/errors.js';

const BLOCK = 4;

/** A key whose blocks come from a number in memory, up to a limit. */
function makeKey(limit: number) {
  const clock = { at: 0, now: () => 0, monotonic: () => clock.at };
  const logged: string[] = [];
  const note = (_fields: object, message: string) => void logged.push(message);
  const budget = EncryptionBudget.spent(0);
  const count = { taken: 0, failure: undefined as Error | undefined };
  const key: ReservingKey = {
    externalKeyId: 'k',
    countedIn: 'the memory',
    get mayReserve() {
      return count.taken < limit;
    },
    refusal: () => new KeyManagerError('exhausted', 'k is full'),
    takeBlock: () => {
      if (count.failure !== undefined) return Promise.reject(count.failure);
      budget.add({ from: count.taken, to: count.taken + BLOCK }, clock.monotonic());
      count.taken += BLOCK;
      return Promise.resolve();
    },
  };
  const log = { debug: note, info: note, warn: note, error: note };
  const blocks = new BlockReservation(key, { clock, log });
  const once = () =>
    blocks.count(budget) ||
    blocks.countWhenReserved(budget, Deadline.after(clock, 1000)).then(
      () => true,
      (error: unknown) => (error instanceof KeyManagerError ? error.code : error),
    );
  return { blocks, budget, clock, count, logged, once };
}

describe('BlockReservation', () => {
  it('half of a block used → the next is taken, and no request waits for it', async () => {
    const { count, once } = makeKey(Infinity);
    expect(await once()).toBe(true);
    expect([once(), count.taken]).toEqual([true, 2 * BLOCK]);
  });

  it('the key gets no further block → what was taken is used, then its refusal', async () => {
    const { once, blocks } = makeKey(2 * BLOCK);
    for (let made = 0; made < 2 * BLOCK; made += 1) expect(await once()).toBe(true);
    expect(await once()).toBe('exhausted');
    expect(blocks.isFailing).toBe(false);
  });

  it.each([
    [
      'a failure of the store',
      new StateError('unavailable', 'the store is away'),
      'the store is away',
    ],
    ['a failure of the system', new Error('EIO: /secret/path'), 'the write failed'],
  ])(
    '%s → internal, failing, told once with its reason, and its end once',
    async (_of, failure, reason) => {
      const { blocks, clock, count, logged, once } = makeKey(Infinity);
      count.failure = failure;
      for (let tries = 0; tries < 3; tries += 1, clock.at += 1000) {
        expect(await once()).toBe('internal');
        expect(blocks.isFailing).toBe(true);
      }
      count.failure = undefined;
      expect(await once()).toBe(true);
      expect(blocks.isFailing).toBe(false);
      expect(logged).toEqual([
        `encryptions of k cannot be counted: ${reason}`,
        'k is counted again',
      ]);
    },
  );
});

describe('nextBlockSize', () => {
  const measured = { blockSize: (used: number, elapsedMs: number) => used * 1000 + elapsedMs };

  it('after a block is added → what was used since then, in the time since then', () => {
    const budget = EncryptionBudget.of({ from: 0, to: 10 }, 100);
    for (let made = 0; made < 6; made += 1) budget.take();
    expect(budget.nextBlockSize(measured, 150)).toBe(6050);
    budget.add({ from: 40, to: 50 }, 150);
    for (let made = 0; made < 3; made += 1) budget.take();
    expect(budget.nextBlockSize(measured, 157)).toBe(3007);
  });
});
