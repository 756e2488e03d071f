import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, equalInConstantTime } from '../../../src/shared/bytes.js';

describe('decodeBase64', () => {
  it('gives back whatever was encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(decodeBase64(text)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each([
    ['URL-safe characters', '-_-_'],
    ['missing padding', 'QQ'],
    ['too much padding', 'QUJD===='],
    ['padding in the middle', 'QQ==QQ=='],
    ['stray bits behind one byte', 'QR=='],
    ['stray bits behind two bytes', 'QUF='],
    ['a line break', 'QUJD\nQUJD'],
    ['a leading space', ' QUJD'],
    ['a single character', 'Q'],
    ['padding alone', '='],
    ['characters beyond ASCII', 'QUJDé==='],
  ])('refuses %s', (_title, text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});

describe('equalInConstantTime', () => {
  it('is true for equal bytes alone, and false for another length', () => {
    expect(equalInConstantTime(Buffer.from('abc'), Buffer.from('abc'))).toBe(true);
    expect(equalInConstantTime(Buffer.from('abc'), Buffer.from('abd'))).toBe(false);
    expect(equalInConstantTime(Buffer.from('abc'), Buffer.from('ab'))).toBe(false);
  });
});
