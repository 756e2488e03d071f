import { KeyManagerError, type KeyManagerErrorCode } from '../key-managers/backend.js';
import type { AdminErrorCode } from './contract/errors.js';

/** An administrator's request that was refused or failed. The message is answered: no secrets. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly code: AdminErrorCode;

  constructor(code: AdminErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const ADMIN_ERROR_CODE: Readonly<Record<KeyManagerErrorCode, AdminErrorCode>> = {
  'key-not-found': 'not-found',
  'version-not-found': 'not-found',
  'key-disabled': 'conflict',
  'usage-denied': 'conflict',
  exhausted: 'conflict',
  'invalid-ciphertext': 'internal',
  rejected: 'internal',
  unreachable: 'unavailable',
  misconfigured: 'misconfigured',
  overloaded: 'unavailable',
  deadline: 'unavailable',
  unsupported: 'unsupported',
  conflict: 'conflict',
  corrupt: 'corrupt',
  internal: 'internal',
};

/**
 * Asks a key manager for something and tells its failures in the admin API's words.
 *
 * @param keyManager its name, for the message
 * @throws AdminError for a KeyManagerError; anything else passes as it is
 */
export async function askKeyManager<T>(keyManager: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof KeyManagerError)) throw error;
    const message = `Key manager "${keyManager}": ${error.message}`;
    throw new AdminError(ADMIN_ERROR_CODE[error.code], message, { cause: error });
  }
}
