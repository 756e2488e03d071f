import { describe, expect, it } from 'vitest';
import { KeyNaming } from '../../../../src/key-managers/pkcs11/key-naming.js';

const named = { externalKeyId: 'payroll.2026-a_b', version: 3 };

const templates = [
  { label: '{externalKeyId}', id: '{version}', shared: { label: 'payroll.2026-a_b' } },
  { label: '{externalKeyId}:{version}', id: undefined, shared: {} },
  { label: 'xks/{externalKeyId}', id: 'v{version}', shared: { label: 'xks/payroll.2026-a_b' } },
  { label: '{externalKeyId}+{version}', id: '{externalKeyId}', shared: { id: 'payroll.2026-a_b' } },
  { label: '{externalKeyId}.{version}', id: '{externalKeyId}.{version}', shared: {} },
];

describe('KeyNaming', () => {
  it.each(templates)('$label and $id → written, and read back', ({ label, id, shared }) => {
    const naming = new KeyNaming({ label, id });
    const lookup = naming.lookupOf(named);
    expect(naming.parse(lookup.label ?? '', lookup.id ?? '')).toEqual(named);
    expect(naming.sharedLookupOf(named.externalKeyId)).toEqual(shared);
  });

  it('no version in the templates → version 1, whatever CKA_ID is', () => {
    const naming = new KeyNaming({ label: '{externalKeyId}', id: undefined });
    expect(naming.parse('k', '\u0000\u0007')).toEqual({ externalKeyId: 'k', version: 1 });
  });

  it.each([
    ['another prefix', 'abc/k', '1'],
    ['characters that no id has', 'xks/k k', '1'],
    ['an empty id', 'xks/', '1'],
    ['no version', 'xks/k', ''],
    ['version 0', 'xks/k', '0'],
    ['a version with a leading zero', 'xks/k', '01'],
    ['a version that does not fit in 4 bytes', 'xks/k', '4294967296'],
  ])('%s → no key of ours', (_, label, id) => {
    const naming = new KeyNaming({ label: 'xks/{externalKeyId}', id: '{version}' });
    expect(naming.parse(label, id)).toBe(undefined);
  });

  it('two attributes that name different keys → no key of ours', () => {
    const naming = new KeyNaming({ label: '{externalKeyId}', id: '{externalKeyId}' });
    expect(naming.parse('a', 'b')).toBe(undefined);
    expect(naming.parse('a', 'a')?.externalKeyId).toBe('a');
  });

  it("a regular expression's characters in a template → taken as they are", () => {
    const naming = new KeyNaming({ label: '(x.y)*{externalKeyId}', id: undefined });
    expect(naming.parse('(x.y)*k', '')?.externalKeyId).toBe('k');
    expect(naming.parse('(xzy)*k', '')).toBe(undefined);
  });
});
