import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import type { ImportWay, Sealed } from '../backend.js';

const TAG_BYTES = 16;
/** @see RFC 5649, section 3 */
const ALTERNATIVE_IV = Buffer.from('a65959a6', 'hex');

/** Wraps material for an import, as the one who made it does. */
export function wrapped(
  { wrappingAlgorithm }: ImportWay,
  publicKey: Buffer,
  material: Buffer,
): Buffer {
  if (wrappingAlgorithm === 'RSAES_OAEP_SHA_256') return oaep(publicKey, material);
  const ephemeral = randomBytes(32);
  const cipher = createCipheriv('id-aes256-wrap-pad', ephemeral, ALTERNATIVE_IV);
  return Buffer.concat([oaep(publicKey, ephemeral), cipher.update(material), cipher.final()]);
}

/** Opens with the material itself what a key manager encrypted. @throws where it does not open */
export function openWith(material: Buffer, { iv, ciphertext, tag }: Sealed, aad: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', material, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

/** Encrypts with the material itself what a key manager is to open. */
export function sealWith(material: Buffer, plaintext: Buffer, aad: Buffer): Sealed {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', material, iv).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { iv, ciphertext, tag: cipher.getAuthTag() };
}

function oaep(publicKey: Buffer, contents: Buffer): Buffer {
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({ key, padding, oaepHash: 'sha256' }, contents);
}
