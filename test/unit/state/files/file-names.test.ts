import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileNameOf, idOf } from '../../../../src/state/files/file-names.js';

const id = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 256,
});

describe('the names of files', () => {
  it.each([
    ['payroll', 'payroll.json'],
    ['Payroll', '%50ayroll.json'],
    ['files/a_b-c.1', 'files%2fa_b-c.1.json'],
    ['.', '%2e.json'],
    ['..', '%2e..json'],
    ['.lock', '%2elock.json'],
    ['%', '%25.json'],
    ['a~b', 'a%7eb.json'],
  ])('%s → %s, and back', (wanted, name) => {
    expect(fileNameOf(wanted)).toBe(name);
    expect(idOf(name)).toBe(wanted);
  });

  it('any two ids → two names, even where upper and lower case are the same', () => {
    fc.assert(
      fc.property(id, id, (one, other) => {
        const names = [one, other].map((each) => fileNameOf(each).toLowerCase());
        expect(names[0] === names[1]).toBe(one === other);
      }),
    );
  });

  it('any id → a name that a file system takes, also with the end of a temporary file', () => {
    fc.assert(
      fc.property(id, (each) => {
        expect(fileNameOf(each)).toMatch(/^[a-z0-9_%-][a-z0-9._%~-]{0,208}\.json$/);
        expect([each, undefined]).toContain(idOf(fileNameOf(each)));
      }),
    );
  });

  it.each(['payroll', 'Payroll.json', '%zz.json', '.json', 'a b.json', '%61.json'])(
    'the name %s, which no id has → none',
    (name) => {
      expect(idOf(name)).toBeUndefined();
    },
  );
});
