import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  algorithm,
  blob,
  encryptionContext,
  keyId,
  limit,
  parseInput,
  tag,
} from '../../../../src/kms-simulator/protocol/inputs.js';

const schema = z.object({
  KeyId: keyId,
  Plaintext: blob(1, 4).optional(),
  Limit: limit,
  EncryptionAlgorithm: algorithm,
  Tags: z.array(tag).max(2).optional(),
  EncryptionContext: encryptionContext,
});

describe('an input', () => {
  it('with all that it needs → its values, with bytes for Base64 and defaults for what is absent', () => {
    expect(parseInput(schema, { KeyId: 'k', Plaintext: 'AAE=', Limit: null, Unknown: 1 })).toEqual({
      KeyId: 'k',
      Plaintext: Buffer.from([0, 1]),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      EncryptionContext: {},
    });
  });

  it('keeps the pair __proto__ of an encryption context', () => {
    const input: unknown = JSON.parse('{"KeyId":"k","EncryptionContext":{"__proto__":"a"}}');
    expect(Object.entries(parseInput(schema, input).EncryptionContext)).toEqual([
      ['__proto__', 'a'],
    ]);
  });

  it.each([
    [{}, "Value null at 'keyId' failed to satisfy constraint: Member must not be null"],
    [
      { KeyId: '' },
      "Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      { KeyId: 'k', Limit: 1001 },
      "Value '1001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 1000",
    ],
    [
      { KeyId: 'k', EncryptionAlgorithm: 'ROT13' },
      "Value 'ROT13' at 'encryptionAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [SYMMETRIC_DEFAULT, RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE]",
    ],
    [
      {
        KeyId: 'k',
        Tags: [
          { TagKey: 'a', TagValue: '' },
          { TagKey: '', TagValue: '' },
        ],
      },
      "Value '' at 'tags.2.member.tagKey' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
  ])('%o → KMS’s words for it', (input, problem) => {
    expect(failureOf(input)).toEqual({
      name: 'ValidationException',
      message: `1 validation error detected: ${problem}`,
    });
  });

  it('with several wrong values → all of them in one message', () => {
    const { message } = failureOf({ KeyId: '', Limit: 0 });
    expect(message).toMatch(/^2 validation errors detected: .*'keyId'.*; .*'limit'/);
  });

  it('with plaintext of a wrong length → a message without the plaintext', () => {
    const { name, message } = failureOf({ KeyId: 'k', Plaintext: 'Y2FuYXJ5' });
    expect(name).toBe('ValidationException');
    expect(message).toContain("Value at 'plaintext'");
    expect(message).not.toMatch(/Y2FuYXJ5|canary/);
  });

  it.each([
    [{ KeyId: 1 }],
    [{ KeyId: 'k', Plaintext: 'no Base64!' }],
    [{ KeyId: 'k', Limit: '10' }],
    [{ KeyId: 'k', Tags: { TagKey: 'a' } }],
    [{ KeyId: 'k', EncryptionContext: { a: 1 } }],
    [{ KeyId: '', Limit: true }],
  ])('%o, of a wrong type → SerializationException', (input) => {
    expect(failureOf(input)).toEqual({ name: 'SerializationException', message: '' });
  });
});

function failureOf(input: unknown): { name: string; message: string } {
  try {
    parseInput(schema, input);
  } catch (error) {
    if (error instanceof Error) return { name: error.name, message: error.message };
  }
  throw new Error('The input was taken.');
}
