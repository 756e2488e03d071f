import type { KeyObject } from 'node:crypto';
import type { Call } from '../call.js';

/** A KMS key of an external key store, as far as its cryptography needs it. */
export interface ExternalKey {
  readonly arn: string;
  readonly customKeyStoreId: string;
  readonly xksKeyId: string;
  /** The 256-bit AES key of KMS itself, under the proxy's. */
  readonly innerKey: KeyObject;
}

/**
 * Cryptography with keys of external key stores. The caller of KMS is known, and the state of the
 * KMS key is checked, before any of these runs.
 */
export interface ExternalCryptography {
  /**
   * Encrypts under KMS's own key and then under the external key.
   *
   * @param aad what binds the encryption context, in any form that is the same for Decrypt
   * @returns what goes into the ciphertext blob
   * @throws KmsException as KMS tells its caller
   */
  encrypt(key: ExternalKey, plaintext: Buffer, aad: Buffer, call: Call): Promise<Buffer>;
  /** Undoes {@link encrypt}. @throws KmsException as KMS tells its caller */
  decrypt(key: ExternalKey, sealed: Buffer, aad: Buffer, call: Call): Promise<Buffer>;
  /**
   * Checks for CreateKey that the key store is connected, that no other KMS key uses the external
   * key, and that the proxy's metadata of it are as KMS needs them.
   *
   * @throws KmsException as KMS tells its caller
   */
  inspect(customKeyStoreId: string, xksKeyId: string, call: Call): Promise<void>;
}

/** The KMS keys that belong to custom key stores, those pending deletion included. */
export interface KeyCensus {
  /** Ids of the external keys of a key store's KMS keys. */
  xksKeyIds(customKeyStoreId: string): Iterable<string>;
}

/** The state of custom key stores, as far as their keys depend on it. */
export interface KeyStoreStates {
  /** Tells whether the key store is connected; otherwise its keys are in state Unavailable. */
  isConnected(customKeyStoreId: string): boolean;
}
