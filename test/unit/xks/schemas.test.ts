import { describe, expect, it } from 'vitest';
import {
  cryptographicMetadataSchema,
  encryptionAlgorithmSchema,
  parseBody,
} from '../../../src/xks/schemas.js';
import { z } from 'zod';

const bodySchema = z.object({
  requestMetadata: cryptographicMetadataSchema,
  encryptionAlgorithm: encryptionAlgorithmSchema,
});
const requestMetadata = {
  kmsRequestId: '1',
  kmsOperation: 'Encrypt',
  awsPrincipalArn: 'arn:aws:iam::123456789012:user/Alice',
  kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1',
};

function faultsOf(body: unknown): string {
  try {
    parseBody(bodySchema, body);
  } catch (error) {
    return String(error);
  }
  throw new Error('the body was taken');
}

describe('a body with a field that is', () => {
  it.each([
    [
      'absent',
      {
        requestMetadata: { ...requestMetadata, kmsRequestId: undefined },
        encryptionAlgorithm: 'AES_GCM',
      },
      'invalid: requestMetadata.kmsRequestId: is missing.',
    ],
    ['absent, of a few words', { requestMetadata }, 'invalid: encryptionAlgorithm: is missing.'],
    [
      'absent as a group',
      { encryptionAlgorithm: 'AES_GCM' },
      'invalid: requestMetadata: is missing.',
    ],
  ])('%s → named as missing', (_, body, text) => {
    expect(faultsOf(JSON.parse(JSON.stringify(body)))).toContain(text);
  });

  it('no Unicode text → what is none in it is replaced before a policy is asked', () => {
    const lone = { ...requestMetadata, awsPrincipalArn: 'arn:aws:iam::123456789012:user/\ud800' };
    const { awsPrincipalArn } = parseBody(cryptographicMetadataSchema, {
      ...lone,
      kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1',
    });
    expect(awsPrincipalArn).toBe('arn:aws:iam::123456789012:user/\ufffd');
  });

  it.each([
    ['of another type', { requestMetadata: { ...requestMetadata, kmsRequestId: 1 } }],
    ['null', { requestMetadata: { ...requestMetadata, kmsRequestId: null } }],
  ])('%s → not called missing', (_, body) => {
    const faults = faultsOf({ ...body, encryptionAlgorithm: 'AES_GCM' });
    expect(faults).toContain('requestMetadata.kmsRequestId: ');
    expect(faults).not.toContain('missing');
  });
});
