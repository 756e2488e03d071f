import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { SchemaOutline } from '../../../../src/configuration/reading/outline.js';
import { formatPath } from '../../../../src/configuration/reading/problem.js';
import { validate } from '../../../../src/configuration/reading/validate.js';
import { limitsFor } from '../../../../src/key-managers/pkcs11/counted-material.js';
import { pkcs11KeyManagerSchema } from '../../../../src/key-managers/pkcs11/config.js';
import { PROFILE_NAMES } from '../../../../src/key-managers/pkcs11/vendor-profiles.js';

const node = { name: 'one', token: { label: 'holdfast' }, pin: 'canary-pin-7391' };
const valid = {
  name: 'hsm',
  type: 'pkcs11',
  module: '/usr/lib/softhsm/libsofthsm2.so',
  nodes: [node],
  profile: 'softhsm',
  countersDirectory: 'counters/hsm',
};

describe('the configuration of a PKCS#11 key manager', () => {
  it('what is necessary → the defaults, and a PIN that does not print', () => {
    const config = pkcs11KeyManagerSchema.parse(valid);
    expect(config).toMatchObject({
      nodes: [{ location: 'local' }],
      keyLabel: '{externalKeyId}',
      children: 2,
      replicas: 1,
      priorEncryptions: 0,
    });
    expect(JSON.stringify(config)).not.toContain('7391');
  });

  it('the example → taken', () => {
    const path = new URL('../../../../config/pkcs11-softhsm.example.yaml', import.meta.url);
    const example = z.object({ keyManagers: z.tuple([pkcs11KeyManagerSchema]) });
    const { keyManagers } = example.parse(parse(readFileSync(path, 'utf8')));
    expect(keyManagers[0].keyId).toBe('{externalKeyId}:{version}');
  });

  it.each(PROFILE_NAMES)('the templates of the example, with the profile %s → taken', (profile) => {
    const names = { keyLabel: '{externalKeyId}', keyId: '{externalKeyId}:{version}' };
    expect(pkcs11KeyManagerSchema.safeParse({ ...valid, ...names, profile }).success).toBe(true);
  });

  it.each([
    ['softhsm', '{externalKeyId}{version}', undefined, 'keyLabel'],
    ['softhsm', 'v{version}{externalKeyId}', undefined, 'keyLabel'],
    ['softhsm', '{externalKeyId}0{version}', '{version}', 'keyLabel'],
    ['nss', '{externalKeyId}', '{version}', 'keyId'],
    ['nss', '{externalKeyId}', 'one', 'keyId'],
    ['nss', '{externalKeyId}', '{externalKeyId}{version}', 'keyId'],
    ['nss', '{externalKeyId}:{version}', '{externalKeyId}', 'keyId'],
  ])(
    'keys not told apart: profile %s, %s and %s → refused at %s',
    (profile, keyLabel, keyId, at) => {
      const fields = { profile, keyLabel, ...(keyId === undefined ? {} : { keyId }) };
      const { error } = pkcs11KeyManagerSchema.safeParse({ ...valid, ...fields });
      expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([at]);
    },
  );

  it.each([
    ['softhsm', '{externalKeyId}', '{version}'],
    ['softhsm', '{externalKeyId}{version}', '{externalKeyId}'],
    ['nss', '{externalKeyId}', undefined],
    ['nss', '{externalKeyId}:{version}', undefined],
    ['nss', '{externalKeyId}', '{externalKeyId}'],
    ['nss', '{externalKeyId}', 'v{version}/{externalKeyId}'],
  ])('keys told apart: profile %s, %s and %s → taken', (profile, keyLabel, keyId) => {
    const fields = { profile, keyLabel, ...(keyId === undefined ? {} : { keyId }) };
    expect(pkcs11KeyManagerSchema.safeParse({ ...valid, ...fields }).success).toBe(true);
  });

  it.each([
    ['a map', { SOFTHSM2_CONF: '/a.conf', EMPTY: '' }],
    [
      'a list',
      [
        { name: 'SOFTHSM2_CONF', value: '/a.conf' },
        { name: 'EMPTY', value: '' },
      ],
    ],
  ])('%s of environment variables → the same', (_, environment) => {
    expect(pkcs11KeyManagerSchema.parse({ ...valid, environment }).environment).toEqual([
      { name: 'SOFTHSM2_CONF', value: '/a.conf' },
      { name: 'EMPTY', value: '' },
    ]);
  });

  it.each<[string, unknown, string, string]>([
    ['a text', 'SOFTHSM2_CONF=/a', 'environment', 'names and values'],
    ['a list of texts', ['SOFTHSM2_CONF=/a'], 'environment[0]', 'a group of fields'],
    ['a number as value', { DEBUG: 1 }, 'environment.DEBUG', 'a number in quotes'],
    ['no name of a variable', { 'A-B': 'x' }, 'environment.A-B', 'names and values'],
  ])('%s as environment → told where and what is allowed', (_, environment, path, allowed) => {
    const validation = validate(
      pkcs11KeyManagerSchema,
      { value: { ...valid, environment }, references: new Map(), problems: [], warnings: [] },
      new SchemaOutline(pkcs11KeyManagerSchema),
    );
    const problems = 'problems' in validation ? validation.problems : [];
    expect(problems.map((problem) => formatPath(problem.path))).toEqual([path]);
    expect(problems[0]?.allowed).toContain(allowed);
  });

  it.each([
    ['two ways to name the token', { nodes: [{ ...node, token: { label: 'a', slot: 1 } }] }],
    ['no way to name the token', { nodes: [{ ...node, token: {} }] }],
    ['an unknown profile', { profile: 'yubihsm' }],
    ['a label without the external key id', { keyLabel: 'key' }],
    ['an unknown placeholder', { keyLabel: '{externalKeyId}{versoin}' }],
    ['no PIN', { nodes: [{ ...node, pin: '' }] }],
    ['two nodes of one name', { nodes: [node, node] }],
    ['no nodes', { nodes: [] }],
    ['an unknown field', { slot: 0 }],
  ])('%s → refused', (_, change) => {
    expect(pkcs11KeyManagerSchema.safeParse({ ...valid, ...change }).success).toBe(false);
  });

  it.each([
    [1, 0, 2 ** 32],
    [3, 0, 1_431_655_765],
    [2, 2 ** 31, 2 ** 30],
    [1, 2 ** 32 - 1, 1],
  ])('%i replicas and %i earlier encryptions → %i for each', (replicas, prior, expected) => {
    expect(limitsFor(replicas, prior).perVersion).toBe(expected);
  });
});
