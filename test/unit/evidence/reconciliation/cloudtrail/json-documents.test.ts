import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  JsonDocuments,
  type JsonPart,
  parseObject,
} from '../../../../../src/evidence/reconciliation/cloudtrail/json-documents.js';
import { InputProblem } from '../../../../../src/evidence/reconciliation/cloudtrail/input-problem.js';

/** Reads a text in pieces of so many characters. */
function partsOf(text: string, characters = 1024): JsonPart[] {
  const documents = new JsonDocuments(new Set(['Records']));
  const parts: JsonPart[] = [];
  for (let at = 0; at < text.length; at += characters) {
    parts.push(...documents.read(text.slice(at, at + characters)));
  }
  return [...parts, ...documents.end()];
}

/** Values as JSON can tell them; that name would be no field. */
const anything = fc
  .array(fc.oneof(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), fc.jsonValue()))
  .map(
    (values) => JSON.parse(JSON.stringify(values).replaceAll('__proto__', 'proto')) as unknown[],
  );

describe('documents in pieces of any size', () => {
  it('an array in a field, or the document → its elements, then the rest', () => {
    fc.assert(
      fc.property(
        anything,
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(0, 2),
        (elements, characters, indent) => {
          const document = {
            Version: '1',
            Nested: { Records: [1] },
            Records: elements,
            last: null,
          };
          const text = [document, elements].map((value) =>
            JSON.stringify(value, undefined, indent),
          );
          const handedOut = (field: string): JsonPart[] =>
            elements.map((value) => ({ kind: 'element', field, value }));
          expect(partsOf(text.join(''), characters)).toEqual([
            ...handedOut('Records'),
            {
              kind: 'document',
              field: 'Records',
              value: { Version: '1', Nested: { Records: [1] }, last: null },
            },
            ...handedOut(''),
            { kind: 'document', field: '', value: undefined },
          ]);
        },
      ),
    );
  });

  it('any piece of it from the start, but not all → InputProblem', () => {
    const text = '{"Records":[{"a":"\\u0041","b":[1.5e3,true]}],"c":null}';
    for (let end = 1; end < text.length; end += 1) {
      expect(() => partsOf(text.slice(0, end), 7)).toThrow(InputProblem);
    }
    expect(partsOf(text)).toHaveLength(2);
  });
});

describe('what other readers would read otherwise, or not at all', () => {
  it.each([
    ['a name twice', '{"a":1,"a":2}', '"a"'],
    ['a name twice, spelled otherwise', '{"a":1,"\\u0061":2}', '"a"'],
    ['a name twice in an element', '{"Records":[{"b":{"c":1,"c":1}}]}', '"c"'],
    ['the array twice', '{"Records":[],"Records":[]}', '"Records"'],
    ['the array, and something else before', '{"Records":1,"Records":[]}', '"Records"'],
    ['nesting', `${'['.repeat(200)}${']'.repeat(200)}`, '100'],
    ['a bracket too many', '{}}', 'is no JSON'],
    ['a comma between documents', '{},{}', 'is no JSON'],
    ['a comma too many', '[1,]', 'is no JSON'],
    ['a number that is none', '[01]', 'is no JSON'],
    ['NaN', '[NaN]', 'is no JSON'],
    ['a line end in a string', '["a\n"]', 'is no JSON'],
  ])('%s → InputProblem', (_, text, named) => {
    expect(() => partsOf(text)).toThrow(InputProblem);
    expect(() => partsOf(text, 1)).toThrow(named);
  });

  it.each([
    ['a string', '["', 'x'],
    ['a number', '[', '1'],
    ['blanks', '[', ' '],
    ['small elements', '[[', '0,'],
    ['a name', '[{"', 'x'],
  ])('%s without end → InputProblem before it fills the memory', (_, start, more) => {
    const documents = new JsonDocuments(new Set());
    const chunk = more.repeat(256 * 1024);
    expect(() => {
      Array.from(documents.read(start));
      for (let at = 0; at < 40; at += 1) Array.from(documents.read(chunk));
    }).toThrow('larger than');
  });

  it('names that objects have anyway → fields, or passed over', () => {
    const [part] = partsOf('{"constructor":1,"toString":2,"__proto__":{"x":1},"hasOwnProperty":3}');
    expect(part?.value).toEqual({ constructor: 1, toString: 2, hasOwnProperty: 3 });
  });

  it.each(['', '1', '[]', '[{}]', '{}{}', '{} {', '{', '[]x', '"'])(
    '%j where an object is due → InputProblem',
    (text) => {
      expect(() => parseObject(text)).toThrow(InputProblem);
    },
  );
});
