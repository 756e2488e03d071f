import { describe, expect, it } from 'vitest';
import { ciphertextDataIntegrityValue } from '../../../src/xks/cdiv.js';
import vector from '../../vectors/xks-appendix-c.json' with { type: 'json' };

const bytes = (text: string): Buffer => Buffer.from(text, 'base64');

describe("the specification's example (Appendix C)", () => {
  const input = {
    aad: bytes(vector.additionalAuthenticatedData),
    ciphertextMetadata: bytes(vector.ciphertextMetadata),
    iv: bytes(vector.initializationVector),
    ciphertext: bytes(vector.ciphertext),
    tag: bytes(vector.authenticationTag),
  };

  it('gives the integrity value that is printed there', () => {
    expect(ciphertextDataIntegrityValue(input)).toBe(vector.ciphertextDataIntegrityValue);
  });

  it.each(['aad', 'ciphertextMetadata', 'iv', 'ciphertext', 'tag'] as const)(
    'gives another value after a flipped bit in %s',
    (field) => {
      const flipped = Buffer.from(input[field]);
      flipped.writeUInt8(flipped.readUInt8(0) ^ 1, 0);
      expect(ciphertextDataIntegrityValue({ ...input, [field]: flipped })).not.toBe(
        vector.ciphertextDataIntegrityValue,
      );
    },
  );
});
