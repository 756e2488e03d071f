import type { KeyVersion } from '../../shared/key-material.js';
import type { KeyMaterial, OperatedKey } from '../operated-key.js';

/**
 * A format of ciphertexts: how one names the key material that made it, and how that name and the
 * AAD are bound to it.
 * Encrypt and Decrypt ask a format for all of that and know nothing of it themselves.
 */
export interface CiphertextFormat {
  /**
   * The version of a key that makes new ciphertexts.
   *
   * @throws XksError, or what the key throws that has no such version
   */
  encryptingMaterial(key: OperatedKey): KeyMaterial;
  /** `ciphertextMetadata` of a new ciphertext, at most 20 bytes; absent where it has none. */
  ciphertextMetadata(material: KeyVersion): Buffer | undefined;

  /** Tells whether a ciphertext has this format, by its metadata; zero bytes when absent. */
  explains(ciphertextMetadata: Buffer): boolean;
  /** The version that made such a ciphertext; `undefined` for one that the key does not have. */
  decryptingMaterial(key: OperatedKey, ciphertextMetadata: Buffer): KeyMaterial | undefined;

  /**
   * The AAD that the cipher gets.
   *
   * @param aad `undefined` when the request has none, which is not everywhere the same as empty
   * @param ciphertextMetadata zero bytes when absent
   * @throws XksError UnsupportedOperationException for more than 65,535 bytes of AAD
   */
  cipherAad(aad: Buffer | undefined, ciphertextMetadata: Buffer): Buffer;
}

/** The formats that a key store works with. */
export interface CiphertextFormats {
  /** Format of new ciphertexts. */
  readonly write: CiphertextFormat;
  /** Formats that are decrypted. No metadata fits two of them. */
  readonly read: readonly CiphertextFormat[];
}
