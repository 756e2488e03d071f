import { z } from 'zod';
import { composeCipherAad } from '../aad.js';
import { decodeCiphertextMetadata } from '../ciphertext-metadata.js';
import { XksError } from '../errors.js';
import type { KeyMaterial, KeyOperation, OperatedKey } from '../operation.js';
import {
  base64Schema,
  ciphertextMetadataSchema,
  cryptographicMetadataSchema,
  encryptionAlgorithmSchema,
  parseBody,
} from '../schemas.js';

const schema = z.object({
  requestMetadata: cryptographicMetadataSchema,
  ciphertext: base64Schema,
  encryptionAlgorithm: encryptionAlgorithmSchema,
  additionalAuthenticatedData: base64Schema.optional(),
  ciphertextMetadata: ciphertextMetadataSchema.optional(),
  initializationVector: base64Schema,
  authenticationTag: base64Schema,
});

type DecryptBody = z.infer<typeof schema>;

const NO_BYTES = Buffer.alloc(0);
const IV_BYTES: readonly number[] = [12, 16];
const TAG_BYTES = 16;

/**
 * Decrypts under the version that the ciphertext names, and under no other.
 *
 * @see XKS Proxy API, section Decrypt
 */
export const decrypt: KeyOperation = {
  name: 'Decrypt',
  pathSuffix: 'decrypt',
  onDisabledKey: false,

  parse(json) {
    const body = parseBody(schema, json);
    return {
      requestMetadata: body.requestMetadata,
      requiredUsage: ['DECRYPT'],
      execute: (key) => execute(body, key),
    };
  },
};

async function execute(body: DecryptBody, key: OperatedKey): Promise<object> {
  const { initializationVector: iv, authenticationTag: tag, ciphertext } = body;
  if (!IV_BYTES.includes(iv.length)) throw invalidCiphertext('iv-length');
  if (tag.length !== TAG_BYTES) throw invalidCiphertext('tag-length');
  const ciphertextMetadata = body.ciphertextMetadata ?? NO_BYTES;
  const cipherAad = composeCipherAad(
    body.additionalAuthenticatedData ?? NO_BYTES,
    ciphertextMetadata,
  );
  const material = namedMaterial(key, ciphertextMetadata);
  const plaintext = await material.decrypt({ iv, ciphertext, tag }, cipherAad);
  if (plaintext === undefined) throw invalidCiphertext('tag-mismatch');
  return { plaintext: plaintext.toString('base64') };
}

function namedMaterial(key: OperatedKey, ciphertextMetadata: Buffer): KeyMaterial {
  const named = decodeCiphertextMetadata(ciphertextMetadata);
  if (named === undefined) throw invalidCiphertext('foreign-metadata');
  const material = key.named(named);
  if (material === undefined) throw invalidCiphertext('foreign-material');
  return material;
}

function invalidCiphertext(reason: string): XksError {
  return new XksError(
    'InvalidCiphertextException',
    'The ciphertext, its metadata, the initialization vector, the additional authenticated data ' +
      'or the authentication tag is corrupted, missing or otherwise invalid.',
    { reason },
  );
}
