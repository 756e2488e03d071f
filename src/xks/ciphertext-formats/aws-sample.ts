import { createHash } from 'node:crypto';
import { frameCipherAad } from '../aad.js';
import { decodeCiphertextMetadata } from '../ciphertext-metadata.js';
import { XksError } from '../errors.js';
import type { CiphertextFormat } from './ciphertext-format.js';

const NO_BYTES = Buffer.alloc(0);

/**
 * The format of AWS's sample proxy in Rust. One material a key, which is what Holdfast counts as
 * version 1; one text for the metadata of all ciphertexts, or none; and of the AAD its length and
 * its SHA-256. An AAD that is present and empty is hashed like any other, an absent one is not, so
 * the two are not interchangeable.
 *
 * @param staticMetadata `ciphertext_metadata_b64` of its settings, for new ciphertexts; decrypting
 *   goes by what the request brings
 * @see https://github.com/aws-samples/aws-kms-xks-proxy, `build_full_aad` and `aad_and_digest`
 */
export function awsSampleFormat(staticMetadata: Buffer | undefined): CiphertextFormat {
  return {
    encryptingMaterial(key) {
      const first = key.first();
      if (first !== undefined) return first;
      throw new XksError('InvalidStateException', 'The external key has no first version.', {
        reason: "version 1 is gone, and AWS's sample proxy knows no other",
      });
    },
    ciphertextMetadata: () => staticMetadata,
    explains: (ciphertextMetadata) => decodeCiphertextMetadata(ciphertextMetadata) === undefined,
    decryptingMaterial: (key) => key.first(),
    cipherAad: (aad, ciphertextMetadata) =>
      frameCipherAad({
        aadBytes: aad?.length ?? 0,
        boundAad: aad === undefined ? NO_BYTES : createHash('sha256').update(aad).digest(),
        ciphertextMetadata,
      }),
  };
}
