import { describe, expect, it } from 'vitest';
import { packBlob, unpackBlob } from '../../../../src/kms-simulator/keys/blob.js';

const BLOB = {
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  account: '111122223333',
  sealed: Buffer.from([0, 255, 7]),
};

describe('a ciphertext blob', () => {
  it('names its key and account, and gives back the rest', () => {
    expect(unpackBlob(packBlob(BLOB))).toEqual(BLOB);
  });

  it('has 32 bytes before the rest, in which the key is not spelled out', () => {
    const packed = packBlob(BLOB);
    expect(packed).toHaveLength(32 + BLOB.sealed.length);
    expect(packed.toString('latin1')).not.toContain('1234abcd');
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a head with nothing after it', packBlob({ ...BLOB, sealed: Buffer.alloc(0) })],
    ['a blob that was cut off', packBlob(BLOB).subarray(0, 20)],
    ['other letters at its beginning', Buffer.concat([Buffer.from('X'), packBlob(BLOB)])],
    ['anything else', Buffer.alloc(100, 1)],
  ])('%s → InvalidCiphertextException', (_, bytes) => {
    const name = 'InvalidCiphertextException';
    expect(() => unpackBlob(bytes)).toThrow(expect.objectContaining({ name }));
  });
});
