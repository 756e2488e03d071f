import type { MaterialId } from './ciphertext-metadata.js';

/** The reason to refuse a ciphertext whose version or material the key does not have. */
export const FOREIGN_MATERIAL = 'foreign-material';

/** A use of an external key, in the words of GetKeyMetadata. */
export type KeyUsage = 'ENCRYPT' | 'DECRYPT';

/** The output of AES-256-GCM: an IV of 12 or 16 bytes, the ciphertext, a tag of 16 bytes. */
export interface SealedBytes {
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
  /**
   * SHA-256 over the three, the AAD and the plaintext as the key manager had them before it opened
   * the ciphertext again, if it has.
   */
  readonly triedSha256?: Buffer | undefined;
}

/** One version of an external key, ready to be used. */
export interface KeyMaterial extends MaterialId {
  encrypt(plaintext: Buffer, cipherAad: Buffer): Promise<SealedBytes>;
  /**
   * The same, for an answer that promises a later decryption: tried at once where that is cheaper.
   */
  encryptAndTry(plaintext: Buffer, cipherAad: Buffer): Promise<SealedBytes>;
  /**
   * @returns `undefined` when the tag does not match: proven, and not a failure of anything else
   */
  decrypt(sealed: SealedBytes, cipherAad: Buffer): Promise<Buffer | undefined>;
}

/** The external key that an operation was called for. */
export interface OperatedKey {
  readonly usage: ReadonlySet<KeyUsage>;
  readonly enabled: boolean;
  /** The version that encrypts now. */
  current(): KeyMaterial;
  /** Version 1; `undefined` for a key that has lost it. */
  first(): KeyMaterial | undefined;
  /** The version that a ciphertext names; `undefined` for material that this key never had. */
  named(material: MaterialId): KeyMaterial | undefined;
}
