import {
  constants,
  createDecipheriv,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto';
import type { ImportWay } from '../../src/key-managers/backend.js';
import { wrappedByAes, wrappedByOaep } from './wrapped-material.js';

/** The alternative initial value of RFC 5649. */
const KWP_IV = Buffer.from('A65959A6', 'hex');
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;

/** Material straight under an RSA key. */
export const OAEP_2048: ImportWay = {
  wrappingAlgorithm: 'RSAES_OAEP_SHA_256',
  wrappingKeySpec: 'RSA_2048',
};

/** Material under an AES key that is under an RSA key. */
export const BY_AES_2048: ImportWay = {
  wrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256',
  wrappingKeySpec: 'RSA_2048',
};

/** A wrapping key with both its halves. */
export interface WrappingPair {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Buffer;
}

let made: WrappingPair | undefined;

/** A pair of 2048 bits, always the same one: making pairs takes long. */
export function anyPair(): WrappingPair {
  if (made !== undefined) return made;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  made = { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'der' }) };
  return made;
}

/** Wraps material as one who brings it does. @param publicKey SubjectPublicKeyInfo in DER */
export function wrap(way: ImportWay, publicKey: Buffer, material: Buffer): Buffer {
  const isDirect = way.wrappingAlgorithm === 'RSAES_OAEP_SHA_256';
  return (isDirect ? wrappedByOaep : wrappedByAes)(material, publicKey);
}

/** Opens it again. @throws where it does not open */
export function unwrap(way: ImportWay, { privateKey }: WrappingPair, wrapped: Buffer): Buffer {
  const key = { key: privateKey, ...OAEP };
  if (way.wrappingAlgorithm === 'RSAES_OAEP_SHA_256') return privateDecrypt(key, wrapped);
  const aes = privateDecrypt(key, wrapped.subarray(0, 256));
  const decipher = createDecipheriv('id-aes256-wrap-pad', aes, KWP_IV);
  return Buffer.concat([decipher.update(wrapped.subarray(256)), decipher.final()]);
}
