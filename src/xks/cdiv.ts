import { createHash } from 'node:crypto';

/** The decoded fields of an Encrypt call and its answer that the integrity value covers. */
export interface IntegrityInput {
  readonly aad: Buffer;
  readonly ciphertextMetadata: Buffer;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

/**
 * The ciphertext data integrity value, by which KMS notices a flipped bit before the plaintext is
 * thrown away. Computed before the trial decryption: afterwards it would bless corrupted bytes.
 *
 * @returns base64 of 32 bytes (SHA-256)
 * @see XKS Proxy API, Appendix C
 */
export function ciphertextDataIntegrityValue(input: IntegrityInput): string {
  return createHash('sha256')
    .update(input.aad)
    .update(input.ciphertextMetadata)
    .update(input.iv)
    .update(input.ciphertext)
    .update(input.tag)
    .digest('base64');
}
