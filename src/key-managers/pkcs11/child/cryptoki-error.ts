import { CKR } from '../ckr.js';
import { TokenFailure } from './token-failure.js';

/** A native call returned something other than CKR_OK. */
export class CryptokiError extends Error {
  override readonly name = 'CryptokiError';
  /** The CKR_ code as a number. */
  readonly code: number;

  /** @param call the function, such as `C_Encrypt` */
  constructor(call: string, name: string, code: number) {
    super(`${call}: ${name} (0x${code.toString(16)})`);
    this.code = code;
  }
}

const DEAD_HANDLE: ReadonlySet<number> = new Set([
  CKR.KEY_HANDLE_INVALID,
  CKR.OBJECT_HANDLE_INVALID,
]);

const DEAD_SESSION: ReadonlySet<number> = new Set([
  CKR.SESSION_CLOSED,
  CKR.SESSION_HANDLE_INVALID,
  CKR.USER_NOT_LOGGED_IN,
  // A call that failed halfway has left an operation behind that cannot be ended otherwise.
  CKR.OPERATION_ACTIVE,
  CKR.OPERATION_NOT_INITIALIZED,
]);

const USAGE_DENIED: ReadonlySet<number> = new Set([
  CKR.KEY_FUNCTION_NOT_PERMITTED,
  CKR.KEY_TYPE_INCONSISTENT,
]);

const NOT_OFFERED: ReadonlySet<number> = new Set([
  CKR.ACTION_PROHIBITED,
  CKR.FUNCTION_NOT_SUPPORTED,
  CKR.MECHANISM_INVALID,
  CKR.MECHANISM_PARAM_INVALID,
]);

/** Faults of the request or of the configuration, not of the token. */
const BEYOND_THE_TOKEN: ReadonlySet<number> = new Set([
  CKR.ARGUMENTS_BAD,
  CKR.ATTRIBUTE_TYPE_INVALID,
  CKR.ATTRIBUTE_VALUE_INVALID,
  CKR.DATA_LEN_RANGE,
  CKR.TEMPLATE_INCONSISTENT,
]);

/** Tells whether the handle is no longer valid, so that the object has to be found again. */
export function isDeadHandle(error: unknown): boolean {
  return error instanceof CryptokiError && DEAD_HANDLE.has(error.code);
}

/** Tells whether the key or the token never allows this kind of operation. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof CryptokiError && (USAGE_DENIED.has(error.code) || NOT_OFFERED.has(error.code))
  );
}

/**
 * Translates an error into the failure that the parent is told. A code that is not listed here,
 * such as CKR_DEVICE_REMOVED, ends the child: SoftHSM without its token directory stays broken
 * until the library is loaded anew, and other libraries may do the same.
 */
export function toTokenFailure(error: unknown): TokenFailure {
  if (error instanceof TokenFailure) return error;
  if (!(error instanceof CryptokiError)) {
    return new TokenFailure('internal', `the child failed: ${String(error)}`, 'child-lost');
  }
  if (DEAD_SESSION.has(error.code)) {
    return new TokenFailure('unreachable', error.message, 'session-lost');
  }
  if (USAGE_DENIED.has(error.code)) return new TokenFailure('usage-denied', error.message);
  if (NOT_OFFERED.has(error.code) || BEYOND_THE_TOKEN.has(error.code))
    return new TokenFailure('unsupported', error.message);
  return new TokenFailure('unreachable', error.message, 'child-lost');
}
