import { expect, it } from 'vitest';
import { counted } from '../../../src/shared/counted.js';

it.each([
  [0, '0 policies'],
  [1, '1 policy'],
  [2, '2 policies'],
])('%d → %s', (number, text) => {
  expect(counted(number, 'policy', 'policies')).toBe(text);
});

it('a word whose plural has an s → without saying so', () => {
  expect([1, 30].map((days) => counted(days, 'day'))).toEqual(['1 day', '30 days']);
});
