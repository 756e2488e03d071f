import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyStoreSchema } from '../../../src/key-stores/config.js';
import { generateCredential } from '../../../src/key-stores/credential-generator.js';

describe('generateCredential', () => {
  it('random bytes → an access key id and a secret that the configuration takes', () => {
    const { accessKeyId, secretAccessKey } = generateCredential(randomBytes);
    const { credentials } = keyStoreSchema.shape;
    const written = [{ accessKeyId, secretAccessKey: secretAccessKey.reveal() }];
    expect(credentials.safeParse(written).success).toBe(true);
  });

  it.each([
    [0x00, 'A'.repeat(24)],
    [0x1f, '7'.repeat(24)],
    [0xff, '7'.repeat(24)],
    [0x1a, '2'.repeat(24)],
  ])('bytes of %i → the access key id %s', (byte, expected) => {
    const { accessKeyId } = generateCredential((size) => Buffer.alloc(size, byte));
    expect(accessKeyId).toBe(expected);
  });

  it('two calls → different credentials', () => {
    const [first, second] = [generateCredential(randomBytes), generateCredential(randomBytes)];
    expect(first.accessKeyId).not.toBe(second.accessKeyId);
    expect(first.secretAccessKey.reveal()).not.toBe(second.secretAccessKey.reveal());
  });
});
