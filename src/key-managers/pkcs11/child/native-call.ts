import type * as Pkcs11Js from 'pkcs11js';
import { CryptokiError } from './cryptoki-error.js';

/** A number that the library has given to a slot, a session or an object. */
export type CryptokiHandle = Buffer;

/** Makes a native call. @throws CryptokiError for what the library answers but CKR_OK */
export function call<T>(native: () => T): T {
  try {
    return native();
  } catch (error) {
    throw isNativeError(error) ? new CryptokiError(error.method, error.message, error.code) : error;
  }
}

function isNativeError(error: unknown): error is Pkcs11Js.Pkcs11Error {
  return error instanceof Error && error.name === 'Pkcs11Error';
}
