import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { ModelError } from './behaviour.js';
import { bytesOf, type Fields } from './validation.js';

/** A key of the model. */
export interface ModelKey {
  readonly material: Buffer;
  readonly usages: readonly string[];
  readonly isEnabled: boolean;
}

/** Fields of an answer. */
export type Answer = Readonly<Record<string, string>>;

/** Choices of a cipher, each of which a deviating proxy may make otherwise. */
export interface Sealing {
  readonly metadata: Buffer;
  readonly ivBytes: number;
  newIv(length: number): Buffer;
  /** The AAD that the cipher gets. */
  cipherAad(aad: Buffer, metadata: Buffer): Buffer;
  integrityValue(parts: IntegrityParts): string | undefined;
  readonly tagLengths: readonly number[];
}

/** The parts that an integrity value is computed of. */
export interface IntegrityParts {
  readonly aad: Buffer;
  readonly metadata: Buffer;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

/** The correct choices. */
export const SEALING: Sealing = {
  metadata: Buffer.from('v=1'),
  ivBytes: 12,
  newIv: (length) => randomBytes(length),
  cipherAad: (aad, metadata) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(aad.length);
    return Buffer.concat([length, aad, Buffer.of(metadata.length), metadata]);
  },
  integrityValue: ({ aad, metadata, iv, ciphertext, tag }) =>
    sha256([aad, metadata, iv, ciphertext, tag]),
  tagLengths: [16],
};

/** The hash of parts, in Base64. */
export function sha256(parts: readonly Buffer[]): string {
  return createHash('sha256').update(Buffer.concat(parts)).digest('base64');
}

/** Encrypts. @throws ModelError */
export function encrypt({ material, ...key }: ModelKey, fields: Fields, sealing = SEALING): Answer {
  const isProved = fields['ciphertextDataIntegrityValueAlgorithm'] !== undefined;
  demandUsage(key.usages, isProved ? ['ENCRYPT', 'DECRYPT'] : ['ENCRYPT']);
  const aad = bytesOf(fields, 'additionalAuthenticatedData');
  const { metadata } = sealing;
  const iv = sealing.newIv(sealing.ivBytes);
  const cipher = createCipheriv('aes-256-gcm', material, iv, { authTagLength: 16 });
  cipher.setAAD(sealing.cipherAad(aad, metadata));
  const ciphertext = Buffer.concat([cipher.update(bytesOf(fields, 'plaintext')), cipher.final()]);
  const tag = cipher.getAuthTag();
  const value = isProved
    ? sealing.integrityValue({ aad, metadata, iv, ciphertext, tag })
    : undefined;
  return {
    ciphertext: ciphertext.toString('base64'),
    initializationVector: iv.toString('base64'),
    authenticationTag: tag.toString('base64'),
    ...(metadata.length === 0 ? {} : { ciphertextMetadata: metadata.toString('base64') }),
    ...(value === undefined ? {} : { ciphertextDataIntegrityValue: value }),
  };
}

/** Decrypts. @throws ModelError */
export function decrypt({ material, usages }: ModelKey, fields: Fields, sealing = SEALING): Answer {
  demandUsage(usages, ['DECRYPT']);
  const invalid = new ModelError('InvalidCiphertextException', 400);
  const iv = bytesOf(fields, 'initializationVector');
  const tag = bytesOf(fields, 'authenticationTag');
  const metadata = bytesOf(fields, 'ciphertextMetadata');
  if (iv.length !== sealing.ivBytes || !sealing.tagLengths.includes(tag.length)) throw invalid;
  if (metadata.length > Math.max(20, sealing.metadata.length)) throw invalid;
  const options = { authTagLength: tag.length };
  const cipher = createDecipheriv('aes-256-gcm', material, iv, options);
  cipher.setAAD(sealing.cipherAad(bytesOf(fields, 'additionalAuthenticatedData'), metadata));
  cipher.setAuthTag(tag);
  const plaintext = cipher.update(bytesOf(fields, 'ciphertext'));
  try {
    cipher.final();
  } catch {
    throw invalid;
  }
  return { plaintext: plaintext.toString('base64') };
}

function demandUsage(usages: readonly string[], needed: readonly string[]): void {
  if (needed.every((usage) => usages.includes(usage))) return;
  throw new ModelError('InvalidKeyUsageException', 400);
}
