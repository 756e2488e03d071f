import { createHmac, randomBytes, scryptSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SealingError } from '../../../src/sealing/errors.js';
import { masterKeyFrom, openingKey } from '../../../src/sealing/master-key.js';
import {
  DEFAULT_SCRYPT_COST,
  scryptParametersSchema,
} from '../../../src/sealing/scrypt-parameters.js';
import { Secret } from '../../../src/shared/secret.js';
import { canaries } from '../../support/canaries.js';

const givenKey = { key: new Secret(canaries.masterKey.toString('base64')) };
const passphrase = { passphrase: new Secret(canaries.passphrase) };
const salted = { salt: Buffer.alloc(16, 5).toString('base64'), ...DEFAULT_SCRYPT_COST };

function idOf(key: Buffer): string {
  return createHmac('sha256', key).update('holdfast master key id').digest('hex').slice(0, 16);
}

describe('a master key that is given', () => {
  it('32 bytes of base64 → that key, and the start of its HMAC as its id', async () => {
    const { key, id, scrypt } = await masterKeyFrom(givenKey, randomBytes).create();
    expect(key.export()).toEqual(canaries.masterKey);
    expect(id).toBe(idOf(canaries.masterKey));
    expect(scrypt).toBeUndefined();
  });

  it.each([
    ['31 bytes', Buffer.alloc(31).toString('base64')],
    ['33 bytes', Buffer.alloc(33).toString('base64')],
    ['no padding', canaries.masterKey.toString('base64').slice(0, -1)],
    ['the URL alphabet', Buffer.alloc(32, 0xff).toString('base64url')],
    ['a line end', `${canaries.masterKey.toString('base64')}\n`],
    ['hexadecimal digits', canaries.masterKey.toString('hex')],
    ['nothing', ''],
  ])('%s → invalid-master-key', (_, text) => {
    expect(() => masterKeyFrom({ key: new Secret(text) }, randomBytes)).toThrow(
      expect.objectContaining({ name: 'SealingError', code: 'invalid-master-key' }),
    );
  });

  it('a document sealed under a passphrase → wrong-master-key', async () => {
    await expect(masterKeyFrom(givenKey, randomBytes).derive(salted)).rejects.toMatchObject({
      code: 'wrong-master-key',
    });
  });
});

describe('a master key from a passphrase', () => {
  it('a salt and a cost → the key that scrypt gives', async () => {
    const { key, id, scrypt } = await masterKeyFrom(passphrase, randomBytes).derive(salted);
    const expected = scryptSync(canaries.passphrase, Buffer.alloc(16, 5), 32, {
      N: 2 ** 17,
      r: 8,
      p: 1,
      maxmem: 2 ** 28,
    });
    expect(key.export()).toEqual(expected);
    expect(id).toBe(idOf(expected));
    expect(scrypt).toEqual(salted);
  });

  it('the same salt a thousand times → derived once', async () => {
    const masterKey = masterKeyFrom(passphrase, randomBytes);
    const keys = await Promise.all(
      Array.from({ length: 1000 }, () => masterKey.derive({ ...salted })),
    );
    expect(new Set(keys).size).toBe(1);
  });

  it('a new salt → 16 random bytes, stored with the cost', async () => {
    const { scrypt } = await masterKeyFrom(passphrase, (size) => Buffer.alloc(size, 5)).create();
    expect(scrypt).toEqual(salted);
  });

  it('a document sealed under a given key → wrong-master-key', async () => {
    const masterKey = masterKeyFrom(passphrase, randomBytes);
    await expect(masterKey.derive(undefined)).rejects.toThrow(SealingError);
  });

  it('an empty passphrase → invalid-master-key', () => {
    expect(() => masterKeyFrom({ passphrase: new Secret('') }, randomBytes)).toThrow(SealingError);
  });
});

describe('the parameters of scrypt in a document', () => {
  it('the default → accepted', () => {
    expect(scryptParametersSchema.safeParse(salted).success).toBe(true);
  });

  it.each([
    ['a cheaper N', { ...salted, N: 2 ** 16 }],
    ['an N that takes 2 GiB', { ...salted, N: 2 ** 21 }],
    ['an N that is no power of two', { ...salted, N: 2 ** 17 + 1 }],
    ['another r', { ...salted, r: 64 }],
    ['another p', { ...salted, p: 2 ** 20 }],
    ['a salt of 15 bytes', { ...salted, salt: Buffer.alloc(15).toString('base64') }],
    ['a salt that is no base64', { ...salted, salt: '!'.repeat(24) }],
    ['a field too many', { ...salted, keylen: 16 }],
  ])('%s → refused', (_, parameters) => {
    expect(scryptParametersSchema.safeParse(parameters).success).toBe(false);
  });
});

describe('openingKey', () => {
  it('another passphrase → wrong-master-key, with where it came from and both ids', async () => {
    const right = await masterKeyFrom(
      { passphrase: new Secret('the right passphrase') },
      randomBytes,
    ).create();
    const passphrase = new Secret('the wrong passphrase');
    passphrase.noteOrigin('the file /etc/holdfast/passphrase');
    const opening = openingKey(masterKeyFrom({ passphrase }, randomBytes), {
      masterKeyId: right.id,
      scrypt: right.scrypt,
    });
    await expect(opening).rejects.toMatchObject({
      code: 'wrong-master-key',
      message: expect.stringMatching(
        `${right.id}, while the passphrase from the file /etc/holdfast/passphrase gives`,
      ),
    });
    await expect(opening).rejects.not.toThrow('the wrong passphrase');
  });
});
