import {
  constants,
  createCipheriv,
  createPublicKey,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';

const KWP_IV = Buffer.from('A65959A6', 'hex');

/** The details of a wrapping that a test may do otherwise than a key manager wants it. */
export interface WrappingDetails {
  readonly oaepHash?: string;
  /** Of the AES key between, for RSA_AES_KEY_WRAP. */
  readonly aesBits?: 128 | 256;
}

/** Wraps by RSA-OAEP alone. @param spki the public key in DER */
export function wrappedByOaep(
  material: Buffer,
  spki: Buffer,
  { oaepHash = 'sha256' }: WrappingDetails = {},
): Buffer {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, material);
}

/** Wraps by an AES key that is wrapped by RSA-OAEP, the two one after the other. */
export function wrappedByAes(
  material: Buffer,
  spki: Buffer,
  details: WrappingDetails = {},
): Buffer {
  const { aesBits = 256 } = details;
  const aes = randomBytes(aesBits / 8);
  const wrap = createCipheriv(`id-aes${aesBits}-wrap-pad`, aes, KWP_IV);
  return Buffer.concat([wrappedByOaep(aes, spki, details), wrap.update(material), wrap.final()]);
}

/** The same bytes but for the last bit. */
export function withLastBitFlipped(bytes: Buffer): Buffer {
  const flipped = Buffer.from(bytes);
  const last = flipped.length - 1;
  flipped.writeUInt8(flipped.readUInt8(last) ^ 1, last);
  return flipped;
}
