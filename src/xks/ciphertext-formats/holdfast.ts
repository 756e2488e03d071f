import { composeCipherAad } from '../aad.js';
import { decodeCiphertextMetadata, encodeCiphertextMetadata } from '../ciphertext-metadata.js';
import type { CiphertextFormat, CiphertextFormats } from './ciphertext-format.js';

const NO_BYTES = Buffer.alloc(0);

/**
 * Our own format: the metadata names version and material, and the whole AAD is bound, as the
 * specification lays it out.
 *
 * @see docs/adr/0002-ciphertext-metadata.md
 */
export const holdfastFormat: CiphertextFormat = {
  encryptingMaterial: (key) => key.current(),
  ciphertextMetadata: encodeCiphertextMetadata,
  explains: (ciphertextMetadata) => decodeCiphertextMetadata(ciphertextMetadata) !== undefined,
  decryptingMaterial(key, ciphertextMetadata) {
    const named = decodeCiphertextMetadata(ciphertextMetadata);
    return named && key.named(named);
  },
  cipherAad: (aad = NO_BYTES, ciphertextMetadata) => composeCipherAad(aad, ciphertextMetadata),
};

/** The formats of a key store that takes over from no other proxy. */
export const HOLDFAST_FORMATS: CiphertextFormats = {
  write: holdfastFormat,
  read: [holdfastFormat],
};
