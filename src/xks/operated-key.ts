import type { KeyUsage, KeyVersion, Sealed } from '../shared/key-material.js';

/** The reason to refuse a ciphertext whose version or material the key does not have. */
export const FOREIGN_MATERIAL = 'foreign-material';

/** One version of an external key, ready to be used. */
export interface KeyMaterial extends KeyVersion {
  encrypt(plaintext: Buffer, cipherAad: Buffer): Promise<Sealed>;
  /**
   * The same, for an answer that promises a later decryption: tried at once where that is cheaper.
   */
  encryptAndTry(plaintext: Buffer, cipherAad: Buffer): Promise<Sealed>;
  /**
   * @returns `undefined` when the tag does not match: proven, and not a failure of anything else
   */
  decrypt(sealed: Sealed, cipherAad: Buffer): Promise<Buffer | undefined>;
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
  named(material: KeyVersion): KeyMaterial | undefined;
}
