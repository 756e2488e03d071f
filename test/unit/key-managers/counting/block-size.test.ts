import { describe, expect, it } from 'vitest';
import { sharedBlockSize } from '../../../../src/key-managers/counting/block-size.js';

describe('the size of a block that lasts half an hour', () => {
  it.each([
    ['no time has passed', 500, 0, 2 ** 16],
    ['nothing was used', 0, 60_000, 2 ** 16],
    ['one encryption a second', 60, 60_000, 2 ** 16],
    ['100 a second', 6_000, 60_000, 2 ** 19],
    ['1,000 a second', 60_000, 60_000, 2 ** 22],
    ['100,000 a second, the most that is taken at once', 6_000_000, 60_000, 2 ** 24],
  ])('%s', (_, used, elapsedMs, size) => {
    expect(sharedBlockSize(used, elapsedMs)).toBe(size);
  });
});
