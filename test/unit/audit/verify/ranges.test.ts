import { describe, expect, it } from 'vitest';
import { Ranges, rangeText } from '../../../../src/audit/verify/ranges.js';

describe('Ranges', () => {
  it('runs in any order → in their order, and only once', () => {
    const ranges = new Ranges();
    ranges.add(10, 13, 'b');
    ranges.add(2, 4, 'a');
    expect(ranges.clear()).toEqual([
      { first: 2, last: 3, file: 'a' },
      { first: 10, last: 12, file: 'b' },
    ]);
    expect(ranges.clear()).toEqual([]);
  });

  it.each([
    [5, 5],
    [5, 4],
  ])('nothing from %i up to %i → no run', (first, end) => {
    const ranges = new Ranges();
    ranges.add(first, end, 'a');
    expect(ranges.clear()).toEqual([]);
  });

  it.each([
    ['in the middle', 5, [4, 4, 6, 7]],
    ['the first', 4, [5, 7]],
    ['the last', 7, [4, 6]],
  ])('a number deleted %s → the rest of its run', (_, number, bounds) => {
    const ranges = new Ranges();
    ranges.add(4, 8, 'a');
    expect(ranges.delete(number)).toBe(true);
    expect(ranges.clear().flatMap(({ first, last }) => [first, last])).toEqual(bounds);
  });

  it('a number that is the whole run, or in none → gone, or not there', () => {
    const ranges = new Ranges();
    ranges.add(4, 5, 'a');
    expect(ranges.delete(5)).toBe(false);
    expect(ranges.delete(4)).toBe(true);
    expect(ranges.delete(4)).toBe(false);
    expect(ranges.clear()).toEqual([]);
  });

  it('more runs than are told apart → their numbers are counted', () => {
    const ranges = new Ranges();
    for (let run = 0; run < 1002; run += 1) ranges.add(10 * run, 10 * run + 3, 'a');
    expect(ranges.left).toBe(6);
    expect(ranges.clear()).toHaveLength(1000);
  });
});

describe('rangeText', () => {
  it('one record or several → named as a sentence needs it', () => {
    expect(rangeText(7, 7)).toBe('Record 7');
    expect(rangeText(7, 9)).toBe('Records 7 to 9');
  });
});
