import { XksError } from './errors.js';

/** Bytes of AAD that the two-byte length before it can express. */
export const MAX_AAD_BYTES = 0xffff;

/**
 * Composes the AAD that the cipher gets: both parts with their lengths, so that neither can be
 * taken for the other.
 *
 * @param aad `additionalAuthenticatedData` as decoded, zero bytes when absent
 * @param ciphertextMetadata at most 20 bytes, zero when absent
 * @throws XksError UnsupportedOperationException for more than 65,535 bytes of AAD
 * @see XKS Proxy API, section Encrypt, `ciphertextMetadata`
 */
export function composeCipherAad(aad: Buffer, ciphertextMetadata: Buffer): Buffer {
  if (aad.length > MAX_AAD_BYTES) {
    throw new XksError(
      'UnsupportedOperationException',
      `additionalAuthenticatedData is longer than ${String(MAX_AAD_BYTES)} bytes.`,
    );
  }
  const composed = Buffer.allocUnsafe(3 + aad.length + ciphertextMetadata.length);
  composed.writeUInt16BE(aad.length, 0);
  composed.set(aad, 2);
  composed.writeUInt8(ciphertextMetadata.length, 2 + aad.length);
  composed.set(ciphertextMetadata, 3 + aad.length);
  return composed;
}
