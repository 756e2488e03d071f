import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { IvSource } from '../../../../src/key-managers/counting/iv-source.js';

describe('IvSource', () => {
  it('three thousand IVs → 12 bytes each, no two alike, none changed by a later one', () => {
    const source = new IvSource(randomBytes);
    const ivs = Array.from({ length: 3000 }, () => source.next());
    expect(new Set(ivs.map((iv) => iv.toString('hex'))).size).toBe(3000);
    expect(ivs.every((iv) => iv.length === 12)).toBe(true);
  });

  it('1,024 IVs → one draw of randomness', () => {
    const draws: number[] = [];
    const source = new IvSource((size) => {
      draws.push(size);
      return randomBytes(size);
    });
    for (let taken = 0; taken < 1024; taken += 1) source.next();
    expect(draws).toEqual([12 * 1024]);
    source.next();
    expect(draws).toHaveLength(2);
  });
});
