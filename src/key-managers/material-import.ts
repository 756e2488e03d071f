import type { Sealed } from '../shared/key-material.js';
import type { KeySummary } from './key-description.js';

/** The import of key material that was made elsewhere, wrapped under a key of the key manager. */
export interface MaterialImport {
  /** The pairs that the key manager can unwrap. */
  readonly ways: readonly ImportWay[];
  /**
   * Makes a key pair whose private half never leaves the key manager, or only sealed. It may be
   * asked for once more where its answer was lost; what nobody uses is destroyed by its id.
   */
  createWrappingKey(way: ImportWay): Promise<WrappingKey>;
  /**
   * Unwraps 32 bytes of material into a version. Does nothing where the version has its material
   * already. Rejects with `rejected`, in the same words whatever the reason is, where the wrapped
   * bytes do not open to 32 bytes; with `conflict` where the material is not the one that the
   * witness was made with, and for a key whose material is generated: then nothing of it is kept.
   * Rejects with `unsupported` for a version that it cannot be imported into.
   */
  importKeyMaterial(externalKeyId: string, material: WrappedMaterial): Promise<KeySummary>;
  /** Destroys a wrapping key. Does nothing where that is done. */
  destroyWrappingKey(wrappingKeyId: string): Promise<void>;
  /**
   * Destroys the wrapping keys that were made more than 48 hours ago, whose tokens are valid for
   * 24: nobody may know of one that was made just before a crash. Absent where a key manager has
   * one wrapping key for all imports.
   */
  destroyOldWrappingKeys?(): Promise<void>;
}

/** A way to wrap key material, in KMS's words. */
export interface ImportWay {
  readonly wrappingAlgorithm: 'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_256';
  readonly wrappingKeySpec: 'RSA_2048' | 'RSA_3072' | 'RSA_4096';
}

/** A wrapping key, as the one who wraps needs it. */
export interface WrappingKey {
  /** The key manager's own name for it: 1 to 128 characters of `A-Z a-z 0-9 . _ -`. */
  readonly wrappingKeyId: string;
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Buffer;
}

/** Wrapped material, and the version that it is for. */
export interface WrappedMaterial {
  readonly way: ImportWay;
  readonly wrappingKeyId: string;
  readonly wrapped: Buffer;
  /** The first, one that has lost its material, or the one after the newest. */
  readonly version: number;
  /** True for a version that does not encrypt before `rotateKey`. */
  readonly waits: boolean;
  /** Present for material that was imported before: only the same is taken. */
  readonly witness?: Witness;
}

/** A ciphertext of the material that a version once had, by which the same is recognised. */
export interface Witness {
  readonly sealed: Sealed;
  readonly aad: Buffer;
  readonly plaintext: Buffer;
}
