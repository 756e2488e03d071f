import { z } from 'zod';
import type { CiphertextFormat, CiphertextFormats } from '../ciphertext-formats/index.js';
import { decodeCiphertextMetadata, MAX_METADATA_BYTES } from '../ciphertext-metadata.js';
import { XksError } from '../errors.js';
import { FOREIGN_MATERIAL, type OperatedKey } from '../operated-key.js';
import type { KeyOperation } from '../operation.js';
import {
  base64Schema,
  bytesOf,
  cryptographicMetadataSchema,
  encryptionAlgorithmSchema,
  optionalBytesOf,
  parseBody,
} from '../schemas.js';
import { TAG_BYTES } from '../../shared/gcm.js';

const schema = z.object({
  requestMetadata: cryptographicMetadataSchema,
  ciphertext: base64Schema,
  encryptionAlgorithm: encryptionAlgorithmSchema,
  additionalAuthenticatedData: base64Schema.optional(),
  ciphertextMetadata: base64Schema.optional(),
  initializationVector: base64Schema,
  authenticationTag: base64Schema,
});

/** The decoded fields of a Decrypt request. */
interface SealedRequest {
  readonly ciphertext: Buffer;
  readonly iv: Buffer;
  readonly tag: Buffer;
  readonly aad: Buffer | undefined;
  readonly ciphertextMetadata: Buffer;
}

const NO_BYTES = Buffer.alloc(0);
const IV_BYTES: readonly number[] = [12, 16];

/**
 * Decrypts under the version that made the ciphertext, and under no other.
 *
 * @see XKS Proxy API, section Decrypt
 */
export const decrypt: KeyOperation = {
  name: 'Decrypt',
  pathSuffix: 'decrypt',
  onDisabledKey: false,
  isLimited: true,
  hashedFields: { aad: 'additionalAuthenticatedData', ciphertext: 'ciphertext' },

  parse(json) {
    const body = parseBody(schema, json);
    const sealed = decode(body);
    return {
      aad: sealed.aad,
      ciphertext: sealed.ciphertext,
      namedMaterial: decodeCiphertextMetadata(sealed.ciphertextMetadata),
      requiredUsage: ['DECRYPT'],
      execute: (key, formats) => execute(sealed, key, formats),
    };
  },
};

function decode(body: z.infer<typeof schema>): SealedRequest {
  const { additionalAuthenticatedData: aad, ciphertextMetadata: metadata } = body;
  return {
    ciphertext: bytesOf('ciphertext', body.ciphertext),
    iv: bytesOf('initializationVector', body.initializationVector),
    tag: bytesOf('authenticationTag', body.authenticationTag),
    aad: optionalBytesOf('additionalAuthenticatedData', aad),
    ciphertextMetadata:
      optionalBytesOf('ciphertextMetadata', metadata, MAX_METADATA_BYTES) ?? NO_BYTES,
  };
}

async function execute(
  sealed: SealedRequest,
  key: OperatedKey,
  formats: CiphertextFormats,
): Promise<object> {
  const { iv, tag, ciphertextMetadata } = sealed;
  if (!IV_BYTES.includes(iv.length)) throw invalidCiphertext('iv-length');
  if (tag.length !== TAG_BYTES) throw invalidCiphertext('tag-length');
  const format = formatOf(ciphertextMetadata, formats);
  const cipherAad = format.cipherAad(sealed.aad, ciphertextMetadata);
  const material = format.decryptingMaterial(key, ciphertextMetadata);
  if (material === undefined) throw invalidCiphertext(FOREIGN_MATERIAL);
  const plaintext = await material.decrypt(sealed, cipherAad);
  if (plaintext === undefined) throw invalidCiphertext('tag-mismatch');
  return { plaintext: plaintext.toString('base64') };
}

function formatOf(ciphertextMetadata: Buffer, { read }: CiphertextFormats): CiphertextFormat {
  const format = read.find((each) => each.explains(ciphertextMetadata));
  if (format === undefined) throw invalidCiphertext('foreign-metadata');
  return format;
}

function invalidCiphertext(reason: string): XksError {
  return new XksError(
    'InvalidCiphertextException',
    'The ciphertext, its metadata, the initialization vector, the additional authenticated data ' +
      'or the authentication tag is corrupted, missing or otherwise invalid.',
    { reason },
  );
}
