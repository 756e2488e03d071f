import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import type { RandomBytes } from '../../shared/randomness.js';
import type { EncryptAnswer } from '../towards-proxy/answers.js';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = 1;
const MAC_BYTES = 32;
const NO_METADATA = 0xff;
/** Format, authentication code, and the lengths of IV and metadata. */
const HEAD_BYTES = 1 + MAC_BYTES + 2;

/** Encrypts under KMS's own key: IV, ciphertext, tag. */
export function sealInside(
  key: KeyObject,
  plaintext: Buffer,
  aad: Buffer,
  random: RandomBytes,
): Buffer {
  const iv = random(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([iv, ciphertext, cipher.getAuthTag()]);
}

/** Undoes {@link sealInside}. Returns undefined for anything that it has not made. */
export function openInside(key: KeyObject, sealed: Buffer, aad: Buffer): Buffer | undefined {
  if (sealed.length < IV_BYTES + TAG_BYTES) return undefined;
  const iv = sealed.subarray(0, IV_BYTES);
  const tag = sealed.subarray(sealed.length - TAG_BYTES);
  const ciphertext = sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    return undefined;
  }
}

/**
 * Writes all that the proxy has answered into one piece, with a code that binds it to the KMS key:
 * format, code, length and bytes of the IV, tag, length and bytes of the metadata, ciphertext.
 */
export function packAnswer(key: KeyObject, keyArn: string, answer: EncryptAnswer): Buffer {
  const { initializationVector: iv, authenticationTag, ciphertextMetadata, ciphertext } = answer;
  const lengths = Buffer.of(iv.length, ciphertextMetadata?.length ?? NO_METADATA);
  const metadata = ciphertextMetadata ?? Buffer.alloc(0);
  const fields = Buffer.concat([lengths, iv, authenticationTag, metadata, ciphertext]);
  return Buffer.concat([Buffer.of(FORMAT), codeOf(key, keyArn, fields), fields]);
}

/** Undoes {@link packAnswer}. Returns undefined for what it has not made of this KMS key. */
export function unpackAnswer(
  key: KeyObject,
  keyArn: string,
  packed: Buffer,
): EncryptAnswer | undefined {
  if (packed.length < HEAD_BYTES || packed[0] !== FORMAT) return undefined;
  const code = packed.subarray(1, 1 + MAC_BYTES);
  const fields = packed.subarray(1 + MAC_BYTES);
  if (!timingSafeEqual(code, codeOf(key, keyArn, fields))) return undefined;
  const [ivBytes = 0, metadataBytes = 0] = fields;
  const tagAt = 2 + ivBytes;
  const metadataAt = tagAt + TAG_BYTES;
  const hasMetadata = metadataBytes !== NO_METADATA;
  const ciphertextAt = metadataAt + (hasMetadata ? metadataBytes : 0);
  return {
    initializationVector: fields.subarray(2, tagAt),
    authenticationTag: fields.subarray(tagAt, metadataAt),
    ciphertextMetadata: hasMetadata ? fields.subarray(metadataAt, ciphertextAt) : undefined,
    ciphertext: fields.subarray(ciphertextAt),
  };
}

const codeKeys = new WeakMap<KeyObject, KeyObject>();

function codeOf(key: KeyObject, keyArn: string, fields: Buffer): Buffer {
  let codeKey = codeKeys.get(key);
  if (codeKey === undefined) {
    const derived = hkdfSync('sha256', key, '', 'ciphertext blob of an external key', MAC_BYTES);
    codeKey = createSecretKey(Buffer.from(derived));
    codeKeys.set(key, codeKey);
  }
  return createHmac('sha256', codeKey).update(`${keyArn}\n`).update(fields).digest();
}
