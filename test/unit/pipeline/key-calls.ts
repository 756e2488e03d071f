import {
  decryptBody,
  encryptBody,
  type EncryptAnswer,
  metadataBody,
} from '../../support/xks-requests.js';
import { incoming, type makePipeline, PREFIX } from './harness.js';

/** The operations on keys. */
export const OPERATIONS = ['GetKeyMetadata', 'Encrypt', 'Decrypt'] as const;
/** The ciphertext is of no key. */
const FOREIGN = {
  ciphertext: 'AAAA',
  ciphertextMetadata: '',
  initializationVector: Buffer.alloc(12).toString('base64'),
  authenticationTag: Buffer.alloc(16).toString('base64'),
};
const BODIES = {
  GetKeyMetadata: metadataBody(),
  Encrypt: encryptBody(),
  Decrypt: decryptBody(FOREIGN),
};
const PATHS = { GetKeyMetadata: 'metadata', Encrypt: 'encrypt', Decrypt: 'decrypt' };

/** Calls a pipeline for an operation on a key. */
export function call(
  { handle }: Pick<ReturnType<typeof makePipeline>, 'handle'>,
  key: string,
  operation: (typeof OPERATIONS)[number],
  body = BODIES[operation],
) {
  return handle(incoming(`${PREFIX}/keys/${key}/${PATHS[operation]}`, body).call);
}

/** Encrypts with a key. @returns the part of the answer that decryption needs */
export async function encrypted(pipeline: ReturnType<typeof makePipeline>, key: string) {
  const { ciphertext, ciphertextMetadata, initializationVector, authenticationTag } = JSON.parse(
    (await call(pipeline, key, 'Encrypt')).body,
  ) as EncryptAnswer;
  return { ciphertext, ciphertextMetadata, initializationVector, authenticationTag };
}
