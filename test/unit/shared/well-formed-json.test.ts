import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wellFormedJson, withoutLoneSurrogates } from '../../../src/shared/well-formed-json.js';

describe('wellFormedJson', () => {
  it.each([
    ['a lone high half', 'a\ud800b', 'a\ufffdb'],
    ['a lone low half', '\udfff', '\ufffd'],
    ['halves in the wrong order', '\udc00\ud800', '\ufffd\ufffd'],
    ['a pair', '\u{1f511}', '\u{1f511}'],
    ['a pair cut in two', '\u{1f511}'.slice(0, 1), '\ufffd'],
    ['the escape as a text', '\\ud800', '\\ud800'],
    ['a backslash before a lone half', '\\\ud800', '\\\ufffd'],
    ['a Hangul syllable, the last before the surrogates', '\ud7a3', '\ud7a3'],
  ])('%s → read as well-formed', (_, text, read) => {
    expect(JSON.parse(wellFormedJson([text]))).toStrictEqual([read]);
  });

  it('any value → what JSON.parse reads is the value with well-formed texts and names', () => {
    const text = fc.string({ unit: 'binary' }).map((each) => each.replaceAll('a', '\ud800'));
    fc.assert(
      fc.property(fc.dictionary(text, text), (value) => {
        const expected = Object.fromEntries(
          Object.entries(value).map(([name, each]) => [name.toWellFormed(), each.toWellFormed()]),
        );
        expect(JSON.parse(wellFormedJson(value))).toEqual(expected);
      }),
    );
  });

  it('JSON in which such a half is not escaped → replaced as well', () => {
    expect(withoutLoneSurrogates('["\ud800"]')).toBe('["\ufffd"]');
  });

  it('JSON without such a half → the same text', () => {
    const json = JSON.stringify({ a: 'ü\u{1f511}\\u' });
    expect(withoutLoneSurrogates(json)).toBe(json);
  });
});
