import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printableLine, printableLines } from '../../../src/shared/printable.js';

describe('printableLine', () => {
  it.each([
    [
      'letters of any language',
      "chmod 0600 '/home/józef/鍵.json'",
      "chmod 0600 '/home/józef/鍵.json'",
    ],
    ['a pair of surrogates', '😀', '😀'],
    ['an escape sequence', '\u001b[31mred', '\\u001b[31mred'],
    ['its one-character form', '\u009b31mred', '\\u009b31mred'],
    ['a carriage return', 'good\rbad', 'good\\u000dbad'],
    ['a newline', 'a\nb', 'a\\u000ab'],
    ['DEL', '\u007f', '\\u007f'],
    ['an override of the direction', '\u202etxt', '\\u202etxt'],
    ['a character without width', 'pay\u200broll', 'pay\\u200broll'],
    ['a line separator', '\u2028', '\\u2028'],
    ['half a pair of surrogates', '\ud83d', '\\ud83d'],
    ['a tag character beyond the basic plane', '\u{e0041}', '\\udb40\\udc41'],
  ])('%s → what one line can hold', (_what, text, expected) => {
    expect(printableLine(text)).toBe(expected);
  });
});

describe('printableLines', () => {
  it('several lines → as many, each printable', () => {
    expect(printableLines('a\u001b[2J\n\tb\n')).toBe('a\\u001b[2J\n\\u0009b\n');
  });

  it('any JSON → the same value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = JSON.stringify({ text }, undefined, 2);
        expect(JSON.parse(printableLines(json))).toEqual({ text });
      }),
    );
  });
});
