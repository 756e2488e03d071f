import { hash } from 'node:crypto';
import { z } from 'zod';
import { equalInConstantTime } from '../../shared/bytes.js';
import { ciphertextDataIntegrityValue } from '../cdiv.js';
import type { CiphertextFormat } from '../ciphertext-formats/index.js';
import { XksError } from '../errors.js';
import type { Sealed } from '../../shared/key-material.js';
import type { KeyMaterial, OperatedKey } from '../operated-key.js';
import type { KeyOperation } from '../operation.js';
import {
  base64Schema,
  bytesOf,
  cryptographicMetadataSchema,
  encryptionAlgorithmSchema,
  optionalBytesOf,
  parseBody,
} from '../schemas.js';

const schema = z.object({
  requestMetadata: cryptographicMetadataSchema,
  plaintext: base64Schema,
  encryptionAlgorithm: encryptionAlgorithmSchema,
  additionalAuthenticatedData: base64Schema.optional(),
  ciphertextDataIntegrityValueAlgorithm: z.literal('SHA_256').optional(),
});

/** The decoded fields of an Encrypt request. */
interface OpenRequest {
  readonly plaintext: Buffer;
  readonly aad: Buffer | undefined;
  /** Whether the answer is to prove that it can be decrypted. */
  readonly withProof: boolean;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * Encrypts under the version that the format takes, which is the current one. A request for the
 * integrity value needs DECRYPT as well, because the answer promises that a later Decrypt succeeds.
 *
 * @see XKS Proxy API, section Encrypt
 */
export const encrypt: KeyOperation = {
  name: 'Encrypt',
  pathSuffix: 'encrypt',
  onDisabledKey: false,
  isLimited: true,
  hashedFields: { aad: 'additionalAuthenticatedData' },

  parse(json) {
    const body = parseBody(schema, json);
    const withProof = body.ciphertextDataIntegrityValueAlgorithm !== undefined;
    const plaintext = bytesOf('plaintext', body.plaintext);
    const aad = optionalBytesOf('additionalAuthenticatedData', body.additionalAuthenticatedData);
    return {
      aad,
      requiredUsage: withProof ? ['ENCRYPT', 'DECRYPT'] : ['ENCRYPT'],
      execute: (key, { write }) => execute({ plaintext, aad, withProof }, key, write),
    };
  },
};

async function execute(
  { plaintext, aad, withProof }: OpenRequest,
  key: OperatedKey,
  format: CiphertextFormat,
): Promise<object> {
  const material = format.encryptingMaterial(key);
  const answered = format.ciphertextMetadata(material);
  const ciphertextMetadata = answered ?? NO_BYTES;
  const cipherAad = format.cipherAad(aad, ciphertextMetadata);
  const sealed = await (withProof
    ? material.encryptAndTry(plaintext, cipherAad)
    : material.encrypt(plaintext, cipherAad));
  // Encoded before the trial decryption, like the integrity value: nothing after it may change.
  const answer = {
    ciphertext: sealed.ciphertext.toString('base64'),
    ciphertextMetadata: answered?.toString('base64'),
    initializationVector: sealed.iv.toString('base64'),
    authenticationTag: sealed.tag.toString('base64'),
    ciphertextDataIntegrityValue: withProof
      ? integrityValue(sealed, aad ?? NO_BYTES, ciphertextMetadata)
      : undefined,
  };
  if (withProof) await proveDecryptable(material, sealed, cipherAad, plaintext);
  return answer;
}

function integrityValue(
  { iv, ciphertext, tag }: Sealed,
  aad: Buffer,
  ciphertextMetadata: Buffer,
): string {
  return ciphertextDataIntegrityValue({ aad, ciphertextMetadata, iv, ciphertext, tag });
}

/**
 * Proves that what is answered can be decrypted: by a trial decryption, or, where the key manager
 * has made it with these very bytes, AAD and plaintext too, by their still being the same.
 *
 * @see XKS Proxy API, Appendix C, steps 3 and 4
 */
async function proveDecryptable(
  material: KeyMaterial,
  sealed: Sealed,
  cipherAad: Buffer,
  plaintext: Buffer,
): Promise<void> {
  if (sealed.triedSha256 !== undefined) {
    const { iv, ciphertext, tag, triedSha256 } = sealed;
    const bytes = Buffer.concat([iv, ciphertext, tag, cipherAad, plaintext]);
    if (equalInConstantTime(hash('sha256', bytes, 'buffer'), triedSha256)) return;
    throw notVerified('what was tried by decryption is not what was asked for, or is answered');
  }
  const opened = await material.decrypt(sealed, cipherAad);
  if (opened === undefined) throw notVerified('trial decryption failed');
  if (!equalInConstantTime(opened, plaintext)) {
    throw notVerified('trial decryption gave another plaintext');
  }
}

/** Not InvalidCiphertextException: the caller of Encrypt has sent no ciphertext. */
function notVerified(reason: string): XksError {
  return new XksError('InternalException', 'The ciphertext could not be verified.', { reason });
}
