import { expect, it } from 'vitest';
import { SECTIONS } from '../../../src/doctor/requirements/index.js';
import { TRUSTED_AUTHORITIES } from '../../../src/doctor/authorities/trusted-by-kms.js';

const requirements = SECTIONS.flatMap((section) => section.requirements);

it('each requirement has an id of its own', () => {
  const ids = requirements.map(({ id }) => id);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
});

it('each requirement stands after those that it needs', () => {
  const before = new Set<string>();
  for (const { id, after } of requirements) {
    for (const needed of [after ?? []].flat()) expect([id, before.has(needed)]).toEqual([id, true]);
    before.add(id);
  }
});

it('the list of AWS has 130 authorities, each with a fingerprint of SHA-256', () => {
  expect(TRUSTED_AUTHORITIES).toHaveLength(130);
  for (const { fingerprint, name } of TRUSTED_AUTHORITIES) {
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(name).toMatch(/[A-Z]+=/);
  }
});
