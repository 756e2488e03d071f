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
    return this.#found.description.enabled;
  }

  current(): KeyMaterial {
    const { current } = this.#found.description;
    if (current !== undefined) return new FoundMaterial(this.#found, current);
    throw new KeyManagerError('key-disabled', 'the key has no version that encrypts');
  }

  first(): KeyMaterial | undefined {
    const first = this.#found.description.versions.get(FIRST_VERSION);
    return first && new FoundMaterial(this.#found, first);
  }

  named(material: KeyVersion): KeyMaterial | undefined {
    const version = this.#found.description.versions.get(material.version);
    // The number alone is not enough: a key made anew under an old id counts from 1 again.
    if (version?.materialName.equals(material.materialName) !== true) return undefined;
    return new FoundMaterial(this.#found, version);
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
    execution.ciphertext = sealed.ciphertext;
    return sealed;
  }

  async decrypt(sealed: Sealed, cipherAad: Buffer): Promise<Buffer | undefined> {
    const { keyStore, execution } = this.#found;
    execution.keyVersion = this.version;
    try {
      const plaintext = await keyStore.keyManager.decrypt(this.#ref, sealed, cipherAad, execution);
      execution.done();
      return plaintext;
    } catch (error) {
      // What that means is the operation's to say: Encrypt tries its own ciphertext.
      if (error instanceof KeyManagerError && error.code === 'invalid-ciphertext') return undefined;
      throw error;
    }
  }
}
