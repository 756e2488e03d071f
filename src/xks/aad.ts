import { XksError } from './errors.js';

/** Bytes of AAD that the two-byte length before it can express. */
export const MAX_AAD_BYTES = 0xffff;

/** The data that the cipher authenticates beside the plaintext. */
export interface CipherAad {
  /** Length of `additionalAuthenticatedData` as decoded, zero when absent. */
  readonly aadBytes: number;
  /** The AAD to encrypt with: the AAD itself, or its digest. */
  readonly boundAad: Buffer;
  /** At most 20 bytes, zero when absent. */
  readonly ciphertextMetadata: Buffer;
}

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
  return frameCipherAad({ aadBytes: aad.length, boundAad: aad, ciphertextMetadata });
}

/**
 * Writes the parts one after the other, with the lengths of the AAD (uint16 big-endian) and of
 * the metadata (uint8) before them.
 *
 * @throws XksError UnsupportedOperationException for more than 65,535 bytes of AAD
 */
export function frameCipherAad({ aadBytes, boundAad, ciphertextMetadata }: CipherAad): Buffer {
  if (aadBytes > MAX_AAD_BYTES) {
    throw new XksError(
      'UnsupportedOperationException',
      `additionalAuthenticatedData is longer than ${String(MAX_AAD_BYTES)} bytes.`,
    );
  }
  const framed = Buffer.allocUnsafe(3 + boundAad.length + ciphertextMetadata.length);
  framed.writeUInt16BE(aadBytes, 0);
  framed.set(boundAad, 2);
  framed.writeUInt8(ciphertextMetadata.length, 2 + boundAad.length);
  framed.set(ciphertextMetadata, 3 + boundAad.length);
  return framed;
}
