import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeCiphertextMetadata,
  encodeCiphertextMetadata,
} from '../../../src/xks/ciphertext-metadata.js';

const materialName = Buffer.from('0011223344556677', 'hex');

describe('ciphertextMetadata', () => {
  it('is laid out as every ciphertext that exists has it', () => {
    const bytes = encodeCiphertextMetadata({ version: 0x01020304, materialName });
    expect(bytes.toString('hex')).toBe('01010203040011223344556677');
  });

  it('is read back as it was written', () => {
    const name = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xffffffff }), name, (version, materialName) => {
        const material = { version, materialName };
        expect(decodeCiphertextMetadata(encodeCiphertextMetadata(material))).toEqual(material);
      }),
    );
  });

  it.each([
    ['none', ''],
    ['another format', '02010203040011223344556677'],
    ['a byte less', '010102030400112233445566'],
    ['a byte more', '0101020304001122334455667700'],
    ["another proxy's text", Buffer.from('key_version=1').toString('hex')],
  ])('is not taken for ours: %s', (_title, hex) => {
    expect(decodeCiphertextMetadata(Buffer.from(hex, 'hex'))).toBeUndefined();
  });
});
