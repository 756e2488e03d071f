import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvRows } from '../../../../../src/evidence/reconciliation/cloudtrail/csv-rows.js';
import { JsonElements } from '../../../../../src/evidence/reconciliation/cloudtrail/json-elements.js';

/** A text in chunks of up to some bytes, so that characters, strings and rows are torn apart. */
function chunksOf(text: string, bytes: number): Buffer[] {
  const whole = Buffer.from(text);
  const count = Math.ceil(whole.length / bytes);
  return Array.from({ length: count }, (_, at) => whole.subarray(at * bytes, (at + 1) * bytes));
}

describe('a document in chunks of any size', () => {
  const anything = fc.array(
    fc.oneof(
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()),
      fc.array(fc.jsonValue()),
    ),
  );

  it('JSON → the elements of its array', () => {
    fc.assert(
      fc.property(
        anything,
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(0, 2),
        (elements, bytes, indent) => {
          const json = new JsonElements();
          const document = { Version: '1', Nested: { Records: [1] }, Records: elements };
          const text = JSON.stringify(document, undefined, indent);
          const found = chunksOf(text, bytes).flatMap((chunk) => [...json.read(chunk)]);
          json.end();
          expect(found.map((element) => JSON.parse(element.text) as unknown)).toEqual(
            JSON.parse(JSON.stringify(elements)),
          );
          expect([...json.fields]).toEqual(['Records']);
        },
      ),
    );
  });

  it('CSV → its rows', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'ü', ' ') });
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 3 }), { minLength: 1 });
    fc.assert(
      fc.property(
        table,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('\n', '\r\n'),
        (rows, bytes, end) => {
          const lines = rows.map((row) =>
            row.map((text) => `"${text.replaceAll('"', '""')}"`).join(','),
          );
          const csv = new CsvRows();
          const found = chunksOf(lines.map((line) => line + end).join(''), bytes).flatMap(
            (chunk) => [...csv.read(chunk)],
          );
          expect([...found, ...csv.end()]).toEqual(rows);
        },
      ),
    );
  });
});

it.each(['{"Records":[{"a":1}', '{"Records":[{"a":"]}', '}'])('%s → SyntaxError', (text) => {
  const json = new JsonElements();
  expect(() => {
    Array.from(json.read(Buffer.from(text)));
    json.end();
  }).toThrow(SyntaxError);
});

it('an element without end → SyntaxError before it fills the memory', () => {
  const json = new JsonElements();
  const chunk = Buffer.alloc(1024 * 1024, '{');
  expect(() => {
    Array.from(json.read(Buffer.from('{"Records":[')));
    for (let at = 0; at < 20; at += 1) Array.from(json.read(chunk));
  }).toThrow(SyntaxError);
});
