import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { KeyManagerError, type Sealed } from '../../backend.js';
import { TAG_BYTES } from '../../../shared/gcm.js';

const ALGORITHM = 'aes-256-gcm';
const ACCEPTED_IV_BYTES: readonly number[] = [12, 16];

/** @param iv 12 bytes, never used before under this key */
export function encryptAesGcm(key: KeyObject, iv: Buffer, plaintext: Buffer, aad: Buffer): Sealed {
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  const ciphertext = cipher.update(plaintext);
  cipher.final(); // Gives no bytes: GCM is a stream. It computes the tag.
  return { iv, ciphertext, tag: cipher.getAuthTag() };
}

/**
 * @throws KeyManagerError `invalid-ciphertext` for an IV that is not 12 or 16 bytes, a tag that is
 *   not 16, and a tag that does not match
 */
export function decryptAesGcm(key: KeyObject, sealed: Sealed, aad: Buffer): Buffer {
  const { iv, ciphertext, tag } = sealed;
  if (!ACCEPTED_IV_BYTES.includes(iv.length) || tag.length !== TAG_BYTES) {
    throw new KeyManagerError(
      'invalid-ciphertext',
      `IV of ${iv.length} bytes and tag of ${tag.length} bytes; 12 or 16 and 16 are accepted`,
    );
  }
  const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(tag);
  decipher.setAAD(aad);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch (cause) {
    plaintext.fill(0);
    throw new KeyManagerError('invalid-ciphertext', 'the tag does not match', { cause });
  }
  return plaintext;
}
