import { describe, expect, it } from 'vitest';
import { closestTo } from '../../../../src/configuration/reading/closest.js';

describe('closestTo', () => {
  it.each([
    ['prot', 'port'],
    ['Port', 'port'],
    ['credentals', 'credentials'],
    ['pathprefix', 'pathPrefix'],
    ['expose', 'exposes'],
    ['listener', undefined],
    ['', undefined],
    ['prefix', undefined],
  ])('%j → %j', (name, expected) => {
    const candidates = ['credentials', 'exposes', 'pathPrefix', 'port'];
    expect(closestTo(name, candidates)).toBe(expected);
  });
});
