import { expect, it } from 'vitest';
import { settledVersion } from '../../../../src/key-managers/nodes/settled-version.js';

it.each<[string, number[], number[], number | undefined]>([
  ['every version has settled', [1, 2, 3], [1, 2, 3], 3],
  ['the newest has not', [1, 2, 3], [1, 2], 2],
  ['an older one has not', [1, 2, 3], [1, 3], 3],
  ['none has', [2, 3], [], 2],
  ['none may encrypt', [], [], undefined],
])('%s → encrypts under the right one', (_, versions, settled, expected) => {
  expect(settledVersion(versions, (version) => settled.includes(version))).toBe(expected);
});
