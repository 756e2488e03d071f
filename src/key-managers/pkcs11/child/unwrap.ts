import type { Template } from 'pkcs11js';
import type { ImportWay } from '../../backend.js';
import { CKR } from '../ckr.js';
import { NOT_MATERIAL } from '../not-material.js';
import type { CryptokiHandle } from './cryptoki.js';
import { CryptokiError } from './cryptoki-error.js';
import { TokenFailure } from './token-failure.js';
import type { TokenSession } from './token-session.js';

/** A key that is wrapped, and the attributes that it is to have in the token. */
export interface WrappedKey {
  readonly way: ImportWay;
  readonly wrapped: Buffer;
  readonly template: Template;
}

/** CKR_ codes with which tokens refuse wrapped bytes that are not what they should be. */
const REFUSALS: ReadonlySet<number> = new Set([
  CKR.DATA_INVALID,
  CKR.DATA_LEN_RANGE,
  CKR.ENCRYPTED_DATA_INVALID,
  CKR.ENCRYPTED_DATA_LEN_RANGE,
  CKR.KEY_SIZE_RANGE,
  CKR.WRAPPED_KEY_INVALID,
  CKR.WRAPPED_KEY_LEN_RANGE,
  // NSS takes numbers that are no smaller than the modulus for an error of the caller's.
  CKR.ARGUMENTS_BAD,
  CKR.MECHANISM_PARAM_INVALID,
  // SoftHSM and nShield say no more.
  CKR.GENERAL_ERROR,
  CKR.FUNCTION_FAILED,
]);

/**
 * Unwraps a key in the token: by RSA alone, or by an AES key that RSA has wrapped, which is a key
 * of the session and ends here. No material leaves the token.
 *
 * @param unwrappingKey the private half of a wrapping key
 * @throws TokenFailure `rejected` for an AES key of another length than 256 bits, `unsupported`;
 *   CryptokiError
 */
export function unwrapped(
  session: TokenSession,
  unwrappingKey: CryptokiHandle,
  { way, wrapped, template }: WrappedKey,
): CryptokiHandle {
  const { wrapping } = session.cryptoki;
  if (way.wrappingAlgorithm === 'RSAES_OAEP_SHA_256') {
    return wrapping.unwrapOaep(session.handle, { unwrappingKey, wrapped, template });
  }
  if (session.aesUnwrapping === undefined) {
    throw new TokenFailure('unsupported', 'the token has no AES key wrap with padding');
  }
  const rsaBytes = rsaBytesOf(way);
  const aesKey = wrapping.unwrapOaep(session.handle, {
    unwrappingKey,
    wrapped: wrapped.subarray(0, rsaBytes),
    template: aesKeyTemplate(session),
  });
  try {
    if (session.objects.made(aesKey).problem !== undefined) {
      throw notMaterial();
    }
    return wrapping.unwrapAes(session.handle, session.aesUnwrapping, {
      unwrappingKey: aesKey,
      wrapped: wrapped.subarray(rsaBytes),
      template,
    });
  } finally {
    session.cryptoki.destroy(session.handle, aesKey);
  }
}

/** Makes the failure for bytes that open to no material, in words that tell no more than that. */
export function notMaterial(): TokenFailure {
  return new TokenFailure('rejected', NOT_MATERIAL);
}

/** Tells whether a token refuses wrapped bytes for what they are, unless the token is broken. */
export function isRefusalOfBytes(error: unknown): boolean {
  return error instanceof CryptokiError && REFUSALS.has(error.code);
}

/** Returns the length of a key spec's modulus in bytes. */
export function rsaBytesOf({ wrappingKeySpec }: ImportWay): number {
  return Number(wrappingKeySpec.slice('RSA_'.length)) / 8;
}

function aesKeyTemplate({ cryptoki, objects }: TokenSession): Template {
  const { CKA_UNWRAP } = cryptoki.constants;
  return [
    ...objects.template({}, [], false).filter(({ type }) => type !== CKA_UNWRAP),
    { type: CKA_UNWRAP, value: true },
  ];
}
