import { expect, it } from 'vitest';
import { LeaseTable } from '../../../../src/state/copy/lease-table.js';

it('a lease that follows on none → counts from an answer to a question that came after it', () => {
  let now = 1_000;
  const table = new LeaseTable('me', { now: () => now, monotonic: () => now });
  const renew = () => {
    table.renewed(now);
  };
  const told = (askedAt: number) => {
    table.told([], 1, askedAt);
  };
  renew();
  expect(table.isHeld).toBe(false);
  told(now - 1);
  expect(table.isHeld).toBe(false);
  told(now);
  expect(table.isHeld).toBe(true);
  now += 5_000;
  renew();
  expect(table.isHeld).toBe(true);
  now += 10_000;
  renew();
  expect(table.isHeld).toBe(false);
  told(now);
  expect(table.isHeld).toBe(true);
});
