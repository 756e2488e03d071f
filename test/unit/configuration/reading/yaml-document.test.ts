import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../../src/configuration/reading/yaml-document.js';

function problemsOf(text: string) {
  const reading = readYaml(text);
  return 'problems' in reading ? reading.problems : [];
}

function documentOf(text: string) {
  const reading = readYaml(text);
  if ('problems' in reading) throw new Error('refused');
  return reading.document;
}

describe('readYaml', () => {
  it.each([
    ['a duplicate field', 'a: 1\na: 2\n', 2],
    ['a duplicate field in a flow', 'x: { a: 1, a: 2 }\n', 1],
    ['an unknown tag', 'a: !secret x\n', 1],
    ['a tag of another schema', 'a: !!binary aGk=\n', 1],
    ['a tag with an unknown handle', 'a: !h!x y\n', 1],
    ['an alias', 'a: &x 1\nb: *x\n', 2],
    ['a merge of an alias', 'a: &x { b: 1 }\nc:\n  <<: *x\n', 3],
    ['a second document', 'a: 1\n---\nb: 2\n', 2],
    ['a tab as indentation', 'a:\n\tb: 1\n', 2],
    ['a list as a field name', '? [a]\n: 1\n', 1],
    ['a text that is not closed', 'a: "x\n', 2],
    ['a list that is not closed, at the end', 'a: 1\nb: [\n', 2],
    ['a list that is not closed, before other fields', 'a: 1\nb: [\nc: 2\nd:\n  - x: 1\n', 2],
    ['a list that is not closed, before entries', 'a: [\n  - b: 1\n', 1],
    ['a map that is not closed', 'a: {\n  b: 1\nc: 2\n', 1],
  ])('%s → refused with its line', (_, text, line) => {
    expect(problemsOf(text).map(({ position }) => position?.line)).toEqual([line]);
  });

  it.each(['}', '- ', '&', '*'])(
    '%j at the beginning of a line, a mistake that dozens follow from → a few are told',
    (character) => {
      const fields = Array.from(
        { length: 8 },
        (_, n) => `a${n}:\n  - b: 1\n    c:\n      - d: 2\n`,
      );
      const lines = fields.join('').trimEnd().split('\n');
      const counts = lines.map(
        (line, at) => problemsOf(lines.with(at, `${character}${line}`).join('\n')).length,
      );
      expect(Math.max(...counts)).toBeGreaterThan(0);
      expect(Math.max(...counts)).toBeLessThanOrEqual(8);
    },
  );

  it.each([
    ['in a block', 'x: 1\na: 1\ny: 2\na: 2\n', 4, 'the field a, which line 2 has already'],
    ['in a flow', 'x: {\n  a: 1,\n  a: 2 }\n', 3, 'the field a, which line 2 has already'],
    ['in quotes', 'a: 1\n"a": 2\n', 2, 'the field a, which line 1 has already'],
  ])('a duplicate field %s → its name and both lines', (_, text, line, found) => {
    expect(problemsOf(text)).toEqual([
      expect.objectContaining({ found, position: expect.objectContaining({ line }) as unknown }),
    ]);
  });

  it.each([
    ['keyStores: [\n', '[', ']'],
    ['keyStores: {\n', '{', '}'],
  ])('%j → says what begins, and what ends it', (text, opening, closing) => {
    expect(problemsOf(text)).toEqual([
      expect.objectContaining({
        found: expect.stringContaining(`begins with ${opening} and does not end`) as unknown,
        allowed: expect.stringContaining(`a ${closing} at its end`) as unknown,
      }),
    ]);
  });

  it.each(['a: [x, *]\n', 'a:\n  - *-prod\n', 'a: *\n'])(
    '%j, a pattern without quotes → said once, with the hint to quote it',
    (text) => {
      expect(problemsOf(text).map(({ allowed }) => allowed)).toEqual([
        expect.stringContaining('quotes around a text that begins with *'),
      ]);
    },
  );

  it('aliases that double nine times over → refused without being expanded', () => {
    const levels = Array.from({ length: 30 }, (_, level) =>
      level === 0 ? 'l0: &l0 [x]' : `l${level}: &l${level} [*l${level - 1}, *l${level - 1}]`,
    );
    expect(problemsOf(levels.join('\n'))).not.toEqual([]);
  });

  it.each([
    ['twenty thousand open brackets', '['.repeat(20_000)],
    ['twenty thousand lists on one line', '- '.repeat(20_000)],
    ['ten thousand maps in maps', `${'{a: '.repeat(10_000)}${'}'.repeat(10_000)}`],
    ['lists in lists beyond what a configuration needs', `a: ${'['.repeat(60)}${']'.repeat(60)}`],
  ])('%s → refused in words', (_, text) => {
    expect(problemsOf(text)).toContainEqual(expect.objectContaining({ found: 'too many levels' }));
  });

  it('more than 1 MiB → refused', () => {
    expect(problemsOf(`a: "${'x'.repeat(1024 * 1024)}"`)).not.toEqual([]);
  });

  it('a number as a field name → the text of it', () => {
    expect(documentOf('1: x\n').value).toEqual({ '1': 'x' });
  });

  it('a field called __proto__ → a field of its own, and no prototype', () => {
    const { value } = documentOf('__proto__: { quickstart: true }\n');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect((value as { quickstart?: unknown }).quickstart).toBeUndefined();
  });

  it('an empty file → nothing', () => {
    expect(documentOf('').value).toBeNull();
  });

  it.each([
    [['a', 'b', 1, 'c'], { line: 4, column: 7 }],
    [['a', 'b', 0], { line: 3, column: 7 }],
    [['a', 'b', 1, 'missing'], { line: 4, column: 7 }],
    [['a'], { line: 1, column: 1 }],
    [['missing'], undefined],
    [[], undefined],
  ])('locates %j, or what is nearest around it', (path, position) => {
    expect(documentOf('a:\n  b:\n    - x\n    - c: y\n').locate(path)).toEqual(position);
  });
});
