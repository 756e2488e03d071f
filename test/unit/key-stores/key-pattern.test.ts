import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patternsOverlap } from '../../../src/key-stores/key-pattern.js';
import { compilePattern } from '../../../src/shared/wildcard.js';

const pattern = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('a', 'b', '*') });
const keyId = fc.string({ minLength: 1, maxLength: 9, unit: fc.constantFrom('a', 'b') });

/** Independent of the code under test. */
function asRegExp(glob: string): RegExp {
  return new RegExp(`^${glob.replaceAll('*', '.*')}$`);
}

/** Every text of a and b with 1 to `length` letters. */
function everyText(length: number): string[] {
  const byLength = [['']];
  for (let letters = 1; letters <= length; letters += 1) {
    byLength.push((byLength.at(-1) ?? []).flatMap((text) => [`${text}a`, `${text}b`]));
  }
  return byLength.slice(1).flat();
}

describe('compilePattern', () => {
  it.each([
    ['hr-*', 'hr-1', true],
    ['hr-*', 'hr-', true],
    ['hr-*', 'HR-1', false],
    ['*', 'x', true],
    ['ab*ba', 'aba', false],
    ['ab*ba', 'abba', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*bc*c', 'abc', false],
    ['a.b*', 'axb1', false],
    ['name', 'name', true],
    ['name', 'name1', false],
  ])('%j and the key %j → %j', (glob, text, expected) => {
    expect(compilePattern(glob)(text)).toBe(expected);
  });

  it('any pattern and any key → what a regular expression says', () => {
    fc.assert(
      fc.property(pattern, keyId, (glob, text) => {
        expect(compilePattern(glob)(text)).toBe(asRegExp(glob).test(text));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('patternsOverlap', () => {
  const long = 'x'.repeat(100);
  it.each([
    ['hr-*', 'it-*', false],
    ['hr-*', '*-1', true],
    ['a*b', 'b*a', false],
    ['*a', 'a*', true],
    ['*', '*', true],
    ['**', '*x*', true],
    ['payroll', 'payroll', true],
    ['payroll', 'Payroll', false],
    ['*b*', 'a*a', true],
    [`${long}*`, `${long}y`, true],
    // The shortest text in common has 200 characters, and an id has at most 128.
    [`${long}*`, `*${'y'.repeat(100)}`, false],
    [`${'x'.repeat(64)}*`, `*${'y'.repeat(64)}`, true],
    [`${'x'.repeat(65)}*`, `*${'y'.repeat(64)}`, false],
  ])('%j and %j → %j', (a, b, expected) => {
    expect(patternsOverlap(a, b)).toBe(expected);
    expect(patternsOverlap(b, a)).toBe(expected);
  });

  // A character of the shortest text in common is a letter of at least one of the patterns, so
  // two patterns of five characters each that meet at all do so within ten letters.
  it('any two patterns → what trying every key finds out', () => {
    const texts = everyText(10);
    const short = fc.string({ minLength: 1, maxLength: 5, unit: fc.constantFrom('a', 'b', '*') });
    fc.assert(
      fc.property(short, short, (a, b) => {
        const [ofA, ofB] = [asRegExp(a), asRegExp(b)];
        const meet = texts.some((text) => ofA.test(text) && ofB.test(text));
        expect(patternsOverlap(a, b)).toBe(meet);
      }),
      { numRuns: 400 },
    );
  });
});
