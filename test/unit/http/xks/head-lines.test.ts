import { expect, it } from 'vitest';
import { HeadLines } from '../../../../src/http/xks/head-lines.js';

const MANY = Buffer.from('a: b\r\n'.repeat(65));
const FEW = Buffer.from(`a: ${'b'.repeat(800)}\r\n`);

it.each([
  ['many lines in a short head → left to the parser', [MANY], [true]],
  [
    'many lines behind a kilobyte → more than a head may have',
    [FEW, FEW, MANY],
    [true, true, false],
  ],
  ['few lines in a long head → within the limit', [FEW, FEW, FEW], [true, true, true]],
])('%s', (_, slices, expected) => {
  const lines = new HeadLines();
  expect(slices.map((slice) => lines.add(slice))).toEqual(expected);
});
