import {
  LifecycleError,
  type LifecycleErrorCode,
} from '../external-keys/lifecycle/lifecycle-error.js';
import { AdminError, askKeyManager } from './admin-error.js';
import { askState } from './ask-state.js';
import type { AdminErrorCode } from './contract/errors.js';

const ADMIN_ERROR_CODE: Readonly<Record<LifecycleErrorCode, AdminErrorCode>> = {
  'not-found': 'not-found',
  conflict: 'conflict',
  'invalid-state': 'invalid-state',
  unsupported: 'unsupported',
  invalid: 'invalid-request',
  unfinished: 'unfinished',
};

/**
 * Does an act on a key and tells its failures in the admin API's words.
 *
 * @param keyManager its name, for the message
 * @throws AdminError for a LifecycleError, a StateError or a KeyManagerError; anything else passes
 */
export async function askActs<T>(keyManager: string, act: () => Promise<T>): Promise<T> {
  try {
    return await askState(() => askKeyManager(keyManager, act));
  } catch (error) {
    if (!(error instanceof LifecycleError)) throw error;
    // Not with a capital letter: many begin with the id of a key.
    const sentence = /[.!?]$/.test(error.message) ? error.message : `${error.message}.`;
    throw new AdminError(ADMIN_ERROR_CODE[error.code], sentence, { cause: error });
  }
}
