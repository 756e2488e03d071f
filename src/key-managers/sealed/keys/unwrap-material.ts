import {
  constants,
  createDecipheriv,
  type KeyObject,
  privateDecrypt,
  randomBytes,
} from 'node:crypto';
import { KeyManagerError, type WrappedMaterial } from '../../backend.js';
import { MATERIAL_BYTES } from './key-material.js';

/** The initial value of AES key wrap with padding. @see RFC 5649, section 3 */
const ALTERNATIVE_IV = Buffer.from('a65959a6', 'hex');

/**
 * Unwraps key material. Whatever is wrong with the wrapped bytes, the failure is the same, after
 * the same steps: who wraps what the owner has not wrapped learns nothing of it from the answers.
 *
 * @returns 32 bytes; the caller overwrites them with zeros when it is done
 * @throws KeyManagerError `rejected`
 * @see RFC 8017, section 7.1.2; CRYPTO 2001, J. Manger, "A chosen ciphertext attack on RSA-OAEP"
 */
export function unwrapMaterial(privateKey: KeyObject, { way, wrapped }: WrappedMaterial): Buffer {
  const material =
    way.wrappingAlgorithm === 'RSAES_OAEP_SHA_256'
      ? openOaep(privateKey, wrapped)
      : openKeyWrap(privateKey, wrapped);
  if (material?.length === MATERIAL_BYTES) return material;
  material?.fill(0);
  throw new KeyManagerError(
    'rejected',
    `the wrapped bytes do not open to ${MATERIAL_BYTES} bytes of key material`,
  );
}

function openOaep(key: KeyObject, wrapped: Buffer): Buffer | undefined {
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    return privateDecrypt({ key, padding, oaepHash: 'sha256' }, wrapped);
  } catch {
    return undefined; // Whatever the reason: it is told to nobody.
  }
}

/** An RSA ciphertext of an AES key, and behind it the material under that. */
function openKeyWrap(privateKey: KeyObject, wrapped: Buffer): Buffer | undefined {
  const rsaBytes = (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  const opened = openOaep(privateKey, wrapped.subarray(0, rsaBytes));
  // Unwrapped all the same with a key of no one's, so that the time does not tell either.
  const aesKey = opened?.length === MATERIAL_BYTES ? opened : randomBytes(MATERIAL_BYTES);
  try {
    const decipher = createDecipheriv('id-aes256-wrap-pad', aesKey, ALTERNATIVE_IV);
    const material = decipher.update(wrapped.subarray(rsaBytes));
    decipher.final();
    return material;
  } catch {
    return undefined;
  } finally {
    opened?.fill(0);
    aesKey.fill(0);
  }
}
