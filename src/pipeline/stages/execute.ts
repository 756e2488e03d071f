import { KeyManagerError, type KeyVersion } from '../../key-managers/backend.js';
import type { MaterialId } from '../../xks/ciphertext-metadata.js';
import type { KeyMaterial, OperatedKey } from '../../xks/operated-key.js';
import type { Found } from '../context.js';

const FIRST_VERSION = 1;

/**
 * Runs the operation against the key manager.
 *
 * @returns the answer's body
 * @throws XksError or KeyManagerError
 */
export function execute(found: Found): Promise<object> {
  return found.request.execute(operatedKey(found), found.keyStore.ciphertextFormats);
}

function operatedKey(found: Found): OperatedKey {
  const { usage, enabled, current, versions } = found.key;
  return {
    usage,
    enabled,
    current() {
      if (current !== undefined) return keyMaterial(found, current);
      throw new KeyManagerError('key-disabled', 'the key has no version that encrypts');
    },
    first() {
      const first = versions.get(FIRST_VERSION);
      return first && keyMaterial(found, first);
    },
    named(material: MaterialId) {
      const version = versions.get(material.version);
      // The number alone is not enough: a key made anew under an old id counts from 1 again.
      return version?.materialName.equals(material.materialName) === true
        ? keyMaterial(found, version)
        : undefined;
    },
  };
}

function keyMaterial(found: Found, version: KeyVersion): KeyMaterial {
  const { keyManager } = found.keyStore;
  const { deadline, record } = found;
  const ref = { externalKeyId: found.externalKeyId, version };
  record.keyVersion = version.version;
  return {
    ...version,
    async encrypt(plaintext, cipherAad) {
      const sealed = await keyManager.encrypt(ref, plaintext, cipherAad, deadline);
      record.node = sealed.node;
      return sealed;
    },
    async decrypt(sealed, cipherAad) {
      try {
        const opened = await keyManager.decrypt(ref, sealed, cipherAad, deadline);
        record.node = opened.node;
        return opened.plaintext;
      } catch (error) {
        // What that means is the operation's to say: Encrypt tries its own ciphertext.
        if (error instanceof KeyManagerError && error.code === 'invalid-ciphertext') {
          return undefined;
        }
        throw error;
      }
    },
  };
}
