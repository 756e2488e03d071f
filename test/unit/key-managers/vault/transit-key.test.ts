import { describe, expect, it } from 'vitest';
import {
  createdAt,
  descriptionOf,
  transitKeySchema,
  unfitness,
} from '../../../../src/key-managers/vault/transit-key.js';

const NOW = 1_800_000_000_000;
const SETTLING_MS = 30_000;
const seconds = (age: number): number => NOW / 1000 - age;
const as = {
  externalKeyId: 'payroll',
  usage: new Set(['ENCRYPT', 'DECRYPT'] as const),
  now: NOW,
  settlingMs: SETTLING_MS,
};

function key(fields: object = {}) {
  return transitKeySchema.parse({
    type: 'aes256-gcm96',
    derived: false,
    soft_deleted: false,
    latest_version: 1,
    min_encryption_version: 0,
    min_decryption_version: 1,
    keys: { '1': seconds(3600) },
    ...fields,
  });
}

describe('descriptionOf', () => {
  it('a key as the server describes it → enabled, both usages, one version', () => {
    const description = descriptionOf(key(), as);
    expect(description).toMatchObject({ externalKeyId: 'payroll', enabled: true, usage: as.usage });
    expect(description.current).toBe(description.versions.get(1));
  });

  it('a soft-deleted key → disabled', () => {
    expect(descriptionOf(key({ soft_deleted: true }), as).enabled).toBe(false);
  });

  it.each([
    ['one new version', { '1': seconds(1) }, 0, 1],
    ['a version that has settled', { '1': seconds(3600), '2': seconds(40) }, 0, 2],
    [
      'a version that another replica may not know yet',
      { '1': seconds(3600), '2': seconds(34) },
      0,
      1,
    ],
    ['versions that are all new', { '1': seconds(3), '2': seconds(2) }, 0, 1],
    ['a new version that alone may encrypt', { '1': seconds(3600), '2': seconds(2) }, 2, 2],
    [
      'versions below the least for decryption, left out',
      { '3': seconds(90), '4': seconds(80) },
      3,
      4,
    ],
    ['ten versions, in order of number', { '9': seconds(90), '10': seconds(80) }, 0, 10],
    ['no version that may encrypt', { '1': seconds(3600) }, 2, undefined],
  ])('%s → encrypts under the right one', (_, keys, least, expected) => {
    const described = descriptionOf(key({ keys, min_encryption_version: least }), as);
    expect(described.current?.version).toBe(expected);
    expect([...described.versions.keys()].map(String).sort()).toEqual(Object.keys(keys).sort());
  });
});

describe('the material name', () => {
  const nameOf = (changes: object, fields: object = {}): string | undefined =>
    descriptionOf(key(fields), { ...as, ...changes }).current?.materialName.toString('hex');

  it('the same key, version and creation time → this name, in this and every later release', () => {
    expect(nameOf({})).toBe('03ed1cb0125edffc');
    expect(nameOf({ now: NOW + 1, settlingMs: 0 })).toBe(nameOf({}));
  });

  it.each([
    ['another external key', { externalKeyId: 'payroll2' }, {}],
    ['another version', {}, { keys: { '2': seconds(3600) }, latest_version: 2 }],
    ['another creation time', {}, { keys: { '1': seconds(3599) } }],
  ])('%s → another name', (_, changes, fields) => {
    expect(nameOf(changes, fields)).not.toBe(nameOf({}));
  });
});

describe('unfitness', () => {
  it.each([
    ['aes256-gcm96', false, true],
    ['aes256-gcm96', true, false],
    ['aes128-gcm96', false, false],
    ['xchacha20-poly1305', false, false],
    ['rsa-4096', false, false],
  ])('%s, derived %s → fit: %s', (type, derived, fit) => {
    expect(unfitness(key({ type, derived })) === undefined).toBe(fit);
  });
});

describe('createdAt', () => {
  it('the first version is there → its creation time', () => {
    expect(createdAt(key())).toEqual(new Date(NOW - 3_600_000));
  });

  it('the first version is gone → unknown', () => {
    expect(createdAt(key({ keys: { '2': 1 } }))).toBeUndefined();
  });

  it('the key of an asymmetric cipher, with an object a version → no versions', () => {
    const rsa = key({ type: 'rsa-4096', keys: { '1': { creation_time: '2026-01-01T00:00:00Z' } } });
    expect(descriptionOf(rsa, as).versions.size).toBe(0);
  });
});
