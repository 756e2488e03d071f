import { encryptingVersion } from '../../external-keys/encrypting-version.js';
import { STATE_TABLE } from '../../external-keys/states.js';
import {
  KeyManagerError,
  type KeyRef,
  type KeyVersion,
  type Sealed,
} from '../../key-managers/backend.js';
import type { MaybePromise } from '../../key-managers/maybe-promise.js';
import type { KeyMaterial, OperatedKey } from '../../xks/operated-key.js';
import type { KeyRequest } from '../../xks/operation.js';
import type { FoundKey } from '../context.js';
import { PendingDeletionError } from '../pending-deletion.js';

const FIRST_VERSION = 1;

/**
 * Runs the operation against the key manager.
 *
 * @returns the answer's body
 * @throws XksError or KeyManagerError
 */
export function execute(request: KeyRequest, found: FoundKey): Promise<object> {
  return request.execute(new FoundOperatedKey(found), found.keyStore.ciphertextFormats);
}

/** The key as the protocol sees it. */
class FoundOperatedKey implements OperatedKey {
  readonly #found: FoundKey;

  constructor(found: FoundKey) {
    this.#found = found;
  }

  get usage(): OperatedKey['usage'] {
    return this.#found.description.usage;
  }

  get enabled(): boolean {
    const { description, standing } = this.#found;
    return description.enabled && STATE_TABLE[standing.state].keyStatus === 'ENABLED';
  }

  current(): KeyMaterial {
    const { description, standing } = this.#found;
    const current = encryptingVersion(description, standing);
    // Of a key that has lost its newest version, one that is to be destroyed may be the newest.
    const material = current && this.#unlessRetired(current);
    if (material !== undefined) return material;
    throw new KeyManagerError('key-disabled', 'the key has no version that encrypts');
  }

  first(): KeyMaterial | undefined {
    const first = this.#found.description.versions.get(FIRST_VERSION);
    return first && this.#unlessRetired(first);
  }

  named(material: KeyVersion): KeyMaterial | undefined {
    const version = this.#found.description.versions.get(material.version);
    // The number alone is not enough: a key made anew under an old id counts from 1 again.
    if (version?.materialName.equals(material.materialName) !== true) return undefined;
    return this.#unlessRetired(version);
  }

  /** @throws PendingDeletionError for a version that waits for its destruction */
  #unlessRetired(version: KeyVersion): KeyMaterial | undefined {
    const { standing, description, keyStore } = this.#found;
    const retired = standing.retired?.get(version.version);
    if (retired === undefined) return new FoundMaterial(this.#found, version);
    const { externalKeyId } = description;
    if (retired.isDestroyed) {
      // A backup may have brought it back.
      keyStore.keys.destroyedAsked(externalKeyId);
      return undefined;
    }
    const { deletionAt } = retired;
    throw new PendingDeletionError({ externalKeyId, keyVersion: version.version, deletionAt });
  }
}

/** One version of it, in the hands of its key manager. */
class FoundMaterial implements KeyMaterial {
  readonly version: number;
  readonly materialName: Buffer;
  readonly #found: FoundKey;
  readonly #ref: KeyRef;

  constructor(found: FoundKey, version: KeyVersion) {
    this.version = version.version;
    this.materialName = version.materialName;
    this.#found = found;
    this.#ref = { externalKeyId: found.description.externalKeyId, version };
  }

  encrypt(plaintext: Buffer, cipherAad: Buffer): Promise<Sealed> {
    const { keyStore, execution } = this.#found;
    return this.#sealed(keyStore.keyManager.encrypt(this.#ref, plaintext, cipherAad, execution));
  }

  encryptAndTry(plaintext: Buffer, cipherAad: Buffer): Promise<Sealed> {
    const { keyStore, execution } = this.#found;
    return this.#sealed(
      keyStore.keyManager.encryptAndTry(this.#ref, plaintext, cipherAad, execution),
    );
  }

  async #sealed(encryption: MaybePromise<Sealed>): Promise<Sealed> {
    const { execution } = this.#found;
    execution.keyVersion = this.version;
    const sealed = await encryption;
    execution.done();
    this.#found.keyStore.uses.encrypted(this.#ref.externalKeyId, this.version);
    execution.ciphertext = sealed.ciphertext;
    return sealed;
  }

  async decrypt(sealed: Sealed, cipherAad: Buffer): Promise<Buffer | undefined> {
    const { keyStore, execution } = this.#found;
    execution.keyVersion = this.version;
    try {
      const plaintext = await keyStore.keyManager.decrypt(this.#ref, sealed, cipherAad, execution);
      execution.done();
      // What tries a ciphertext that was made just now is part of the encryption.
      const isTrial = execution.ciphertext !== undefined;
      if (!isTrial) keyStore.uses.decrypted(this.#ref.externalKeyId, this.version);
      return plaintext;
    } catch (error) {
      // What that means is the operation's to say: Encrypt tries its own ciphertext.
      if (error instanceof KeyManagerError && error.code === 'invalid-ciphertext') return undefined;
      throw error;
    }
  }
}
