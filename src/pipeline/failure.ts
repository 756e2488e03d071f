import { AuditTimeoutError, AuditUnavailableError } from '../audit/trail/errors.js';
import { KeyManagerError, type KeyManagerErrorCode } from '../key-managers/backend.js';
import { SignatureError } from '../sigv4/failure.js';
import { XksError, type XksErrorName } from '../xks/errors.js';
import { BodyError, type BodyFailure } from './call.js';

/**
 * A method other than POST on a path of the API; answered with 405, the one status outside the
 * table of errors.
 *
 * @see XKS Proxy API, section API operations
 */
export class MethodNotAllowedError extends Error {
  override readonly name = 'MethodNotAllowedError';
}

const KEY_MANAGER_ERRORS: Readonly<Record<KeyManagerErrorCode, readonly [XksErrorName, string]>> = {
  'key-not-found': ['KeyNotFoundException', 'The external key was not found.'],
  'version-not-found': [
    'InvalidCiphertextException',
    'The ciphertext was made with key material that this external key does not have.',
  ],
  'key-disabled': ['InvalidStateException', 'The external key is disabled.'],
  'usage-denied': [
    'InvalidKeyUsageException',
    'The external key does not support the requested operation.',
  ],
  // NIST SP 800-57 calls a key that may decrypt and no longer encrypt deactivated, as the
  // specification's text of this error does.
  exhausted: [
    'InvalidStateException',
    'The external key has made all the encryptions that its material allows.',
  ],
  'invalid-ciphertext': [
    'InvalidCiphertextException',
    'The ciphertext, its metadata, the initialization vector, the additional authenticated data ' +
      'or the authentication tag is corrupted, missing or otherwise invalid.',
  ],
  rejected: ['InternalException', 'The external key manager failed.'],
  unreachable: ['InternalException', 'The external key manager cannot be reached.'],
  misconfigured: ['InternalException', 'The external key manager refused the proxy.'],
  overloaded: ['ThrottlingException', 'The external key manager cannot keep up.'],
  deadline: ['DependencyTimeoutException', 'The external key manager did not answer in time.'],
  unsupported: [
    'UnsupportedOperationException',
    'The external key manager does not support this operation or this size.',
  ],
  conflict: ['InternalException', 'The external key manager is in conflict with the request.'],
  corrupt: ['InvalidStateException', 'The external key is disabled.'],
  internal: ['InternalException', 'The external key manager failed.'],
};

const BODY_ERRORS: Readonly<Record<BodyFailure, readonly [XksErrorName, string]>> = {
  'too-large': ['UnsupportedOperationException', 'The request body is too large.'],
  'in-pieces': ['ValidationException', 'The request body comes in too many pieces.'],
  'too-late': ['ValidationException', 'The request body came too late.'],
  aborted: ['ValidationException', 'The request body is incomplete.'],
};

/** The one operation whose caller has sent a ciphertext. @see XKS Proxy API, section Error codes */
const SENDS_CIPHERTEXT = 'Decrypt';

/**
 * Turns whatever a stage threw into the error that the client sees.
 *
 * @param operation the one that failed; undefined where it was not known yet
 * @returns `undefined` for what no stage throws on purpose: a defect
 */
export function toXksError(error: unknown, operation?: string): XksError | undefined {
  const xksError = translated(error);
  if (xksError?.errorName !== 'InvalidCiphertextException' || operation === SENDS_CIPHERTEXT) {
    return xksError;
  }
  const { reason = xksError.message } = xksError;
  return new XksError('InternalException', 'The external key manager contradicts itself.', {
    reason,
    cause: error,
  });
}

function translated(error: unknown): XksError | undefined {
  if (error instanceof XksError) return error;
  if (error instanceof KeyManagerError) {
    const [errorName, message] = KEY_MANAGER_ERRORS[error.code];
    return new XksError(errorName, message, {
      reason: `${error.code}: ${error.message}`,
      cause: error,
    });
  }
  if (error instanceof SignatureError) {
    return new XksError('AuthenticationFailedException', 'The request could not be authenticated.');
  }
  if (error instanceof AuditUnavailableError) {
    return new XksError('InternalException', 'The proxy cannot record the request.', {
      reason: `the audit log cannot be written: ${error.message}`,
    });
  }
  if (error instanceof AuditTimeoutError) {
    return new XksError(
      'DependencyTimeoutException',
      'The proxy did not record the request in time.',
      {
        reason: error.message,
      },
    );
  }
  if (error instanceof BodyError) return new XksError(...BODY_ERRORS[error.failure]);
  return undefined;
}
