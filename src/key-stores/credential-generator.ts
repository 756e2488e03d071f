import type { RandomBytes } from '../shared/randomness.js';
import { Secret } from '../shared/secret.js';

const ACCESS_KEY_ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Five bits a character: 120 bits, so that no two ever meet. */
const ACCESS_KEY_ID_LENGTH = 24;
/** 264 bits, 44 characters of base64 without padding. */
const SECRET_BYTES = 33;

/** A credential, with which KMS signs its requests. */
export interface Credential {
  /** 20 to 30 characters of A-Z and 2-7; one that is made here has 24. */
  readonly accessKeyId: string;
  /** 43 to 64 characters; one that is made here is 44 of base64. */
  readonly secretAccessKey: Secret;
}

/**
 * Makes a credential that KMS takes.
 *
 * @see KMS API, XksProxyAuthenticationCredentialType
 */
export function generateCredential(randomBytes: RandomBytes): Credential {
  // 256 is a multiple of 32, so the lower five bits of a byte are as random as the byte.
  const letters = Array.from(randomBytes(ACCESS_KEY_ID_LENGTH), (byte) =>
    ACCESS_KEY_ID_ALPHABET.charAt(byte % ACCESS_KEY_ID_ALPHABET.length),
  );
  return {
    accessKeyId: letters.join(''),
    secretAccessKey: new Secret(randomBytes(SECRET_BYTES).toString('base64')),
  };
}
