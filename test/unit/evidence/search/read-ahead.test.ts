import { describe, expect, it } from 'vitest';
import { readAhead } from '../../../../src/evidence/scan/read-ahead.js';

async function* counting(upTo: number, begun: number[], failsAt = Infinity) {
  for (let value = 0; value < upTo; value += 1) {
    begun.push(value);
    if (value === failsAt) throw new Error('the source failed');
    await Promise.resolve();
    yield value;
  }
}

describe('readAhead', () => {
  it('nobody asks yet → the source has run as far as a few values', async () => {
    const begun: number[] = [];
    const values = readAhead(counting(100, begun));
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([0, 1, 2, 3]);
    await values.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it('all are read → in their order, to the end', async () => {
    const read: number[] = [];
    for await (const value of readAhead(counting(9, []))) read.push(value);
    expect(read).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('the source fails → after the values before it', async () => {
    const read: number[] = [];
    const reading = async () => {
      for await (const value of readAhead(counting(9, [], 6))) read.push(value);
    };
    await expect(reading()).rejects.toThrow('the source failed');
    expect(read).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
