import { hash } from 'node:crypto';
import type { RecordOf } from '../../audit/record/index.js';

/**
 * What KMS asked the proxy to work on, as one digest: the operation, the additional authenticated
 * data and, for Decrypt, the ciphertext. That of Encrypt is its output, and every repeat has
 * another.
 */
export function inputOf({
  operation,
  aadSha256,
  ciphertextSha256,
}: RecordOf<'key-operation'>): string {
  const ciphertext = operation === 'Encrypt' ? undefined : ciphertextSha256;
  return hash('sha256', JSON.stringify([operation, aadSha256, ciphertext]), 'base64');
}
