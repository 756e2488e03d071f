import { hash } from 'node:crypto';

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
  const { aad, ciphertextMetadata, iv, ciphertext, tag } = input;
  return hash('sha256', Buffer.concat([aad, ciphertextMetadata, iv, ciphertext, tag]), 'base64');
}
