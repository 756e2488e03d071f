import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../../src/observability/printable.js';

describe('printable', () => {
  it.each([
    [
      'printable ASCII',
      'arn:aws:kms:eu-west-1:111122223333:key/a~ b',
      'arn:aws:kms:eu-west-1:111122223333:key/a~ b',
    ],
    ['a newline', 'a\nb', 'a\\u000ab'],
    ['a carriage return', '\r', '\\u000d'],
    ['an escape sequence', '\u001b[31mred', '\\u001b[31mred'],
    ['DEL', '\u007f', '\\u007f'],
    ['a letter beyond ASCII', 'é', '\\u00e9'],
    ['a line separator', '\u2028', '\\u2028'],
    ['a pair of surrogates', '😀', '\\ud83d\\ude00'],
    ['nothing', '', ''],
  ])('%s → what one line can hold', (_what, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('the longest ARN of KMS → whole', () => {
    const arn = 'a'.repeat(2_048);
    expect(printable(arn)).toBe(arn);
  });

  it('a longer text → cut off', () => {
    expect(printable('a'.repeat(1_000_000))).toBe(`${'a'.repeat(2_200)}...`);
  });

  it('any text → printable ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => /^[\x20-\x7e]*$/.test(printable(text))),
    );
  });
});
