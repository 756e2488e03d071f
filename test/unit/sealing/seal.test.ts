import { createSecretKey, randomBytes } from 'node:crypto';
import { CompactEncrypt, decodeProtectedHeader } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { masterKeyFrom, type SealingKey } from '../../../src/sealing/master-key.js';
import { open, seal } from '../../../src/sealing/seal.js';
import { Secret } from '../../../src/shared/secret.js';
import { canaries } from '../../support/canaries.js';

const binding = { externalKeyId: 'payroll', version: 3, usage: ['ENCRYPT', 'DECRYPT'] };
let sealingKey: SealingKey;

async function keyOf(bytes: Buffer): Promise<SealingKey> {
  return masterKeyFrom({ key: new Secret(bytes.toString('base64')) }, randomBytes).create();
}

beforeEach(async () => {
  sealingKey = await keyOf(canaries.masterKey);
});

describe('seal', () => {
  it('a secret → a compact JWE, dir and A256GCM, that names what it is bound to', async () => {
    const sealed = await seal(sealingKey, canaries.keyMaterial, binding);
    expect(sealed.split('.')).toHaveLength(5);
    expect(decodeProtectedHeader(sealed)).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      kid: sealingKey.id,
      ...binding,
    });
  });

  it('the same secret twice → two texts', async () => {
    const texts = [1, 2].map(() => seal(sealingKey, canaries.keyMaterial, binding));
    expect(new Set(await Promise.all(texts)).size).toBe(2);
  });
});

describe('open', () => {
  it('what was sealed, where it belongs → the secret', async () => {
    const sealed = await seal(sealingKey, canaries.keyMaterial, binding);
    expect(Buffer.from(await open(sealingKey, sealed, binding))).toEqual(canaries.keyMaterial);
  });

  it.each([
    ['another key id', { ...binding, externalKeyId: 'Payroll' }],
    ['another version', { ...binding, version: 4 }],
    ['a version of another type', { ...binding, version: '3' }],
    ['another usage', { ...binding, usage: ['ENCRYPT'] }],
    ['a field too many', { ...binding, more: 'x' }],
    ['a field too few', { externalKeyId: 'payroll', version: 3 }],
  ])('%s → bound-elsewhere', async (_, expected) => {
    const sealed = await seal(sealingKey, canaries.keyMaterial, binding);
    await expect(open(sealingKey, sealed, expected)).rejects.toMatchObject({
      code: 'bound-elsewhere',
    });
  });

  it.each([0, 1, 2, 3, 4])('part %i of the text changed → not-authentic', async (part) => {
    const sealed = await seal(sealingKey, canaries.keyMaterial, binding);
    const parts = sealed.split('.');
    const old = parts[part] ?? '';
    parts[part] = old === '' ? 'AAAA' : `${old.startsWith('A') ? 'B' : 'A'}${old.slice(1)}`;
    await expect(open(sealingKey, parts.join('.'), binding)).rejects.toMatchObject({
      code: 'not-authentic',
    });
  });

  it('another master key → not-authentic', async () => {
    const sealed = await seal(sealingKey, canaries.keyMaterial, binding);
    const other = await keyOf(Buffer.alloc(32));
    await expect(open(other, sealed, binding)).rejects.toMatchObject({ code: 'not-authentic' });
  });

  it.each([
    { alg: 'A256KW', enc: 'A256GCM' },
    { alg: 'A256GCMKW', enc: 'A256GCM' },
    { alg: 'dir', enc: 'A128GCM' },
    { alg: 'dir', enc: 'A128CBC-HS256' },
  ])('made with $alg and $enc → not-authentic', async (algorithms) => {
    const bytes = canaries.masterKey.subarray(0, algorithms.enc === 'A128GCM' ? 16 : 32);
    const sealed = await new CompactEncrypt(canaries.keyMaterial)
      .setProtectedHeader({ ...algorithms, ...binding, kid: sealingKey.id })
      .encrypt(createSecretKey(bytes));
    await expect(
      open({ ...sealingKey, key: createSecretKey(bytes) }, sealed, binding),
    ).rejects.toMatchObject({
      code: 'not-authentic',
    });
  });
});
