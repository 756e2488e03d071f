import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../src/shared/backoff.js';

const BOUNDS = { firstMs: 100, longestMs: 30_000 };

function waits(backoff: Backoff, count: number): number[] {
  return Array.from({ length: count }, () => backoff.nextMs());
}

describe('Backoff', () => {
  it.each([
    ['the least', 0, [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000]],
    ['the most', 1, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]],
  ])('%s jitter → doubles up to the longest', (_, random, expected) => {
    expect(waits(new Backoff(() => random, BOUNDS), 11)).toEqual(expected);
  });

  it('reset → begins anew', () => {
    const backoff = new Backoff(() => 1, BOUNDS);
    waits(backoff, 5);
    backoff.reset();
    expect(backoff.nextMs()).toBe(100);
  });
});
