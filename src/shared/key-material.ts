/** A use of an external key, in the words of GetKeyMetadata. */
export type KeyUsage = 'ENCRYPT' | 'DECRYPT';

/** The largest number of a version: `ciphertextMetadata` has 4 bytes for it. */
export const MAX_KEY_VERSION = 2 ** 32 - 1;

/** One version of a key's material. */
export interface KeyVersion {
  /** 1 to {@link MAX_KEY_VERSION}; a number is never used twice under one external key id. */
  readonly version: number;
  /** 8 bytes that tell this material from any other, the same on every replica. Not secret. */
  readonly materialName: Buffer;
}

/** The output of AES-256-GCM. */
export interface Sealed {
  /** 12 or 16 bytes. */
  readonly iv: Buffer;
  /** As long as the plaintext. */
  readonly ciphertext: Buffer;
  /** 16 bytes. */
  readonly tag: Buffer;
  /**
   * SHA-256 of IV ‖ ciphertext ‖ tag ‖ AAD ‖ plaintext as the key manager had them before it opened
   * the ciphertext again, 32 bytes. Absent where it has not opened it.
   */
  readonly triedSha256?: Buffer | undefined;
}
