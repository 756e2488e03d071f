import { StateError, type StateErrorCode } from '../state/errors.js';
import { AdminError } from './admin-error.js';
import type { AdminErrorCode } from './contract/errors.js';

const ADMIN_ERROR_CODE: Readonly<Record<StateErrorCode, AdminErrorCode>> = {
  conflict: 'conflict',
  unavailable: 'unavailable',
  'outcome-unknown': 'unavailable',
  'count-unknown': 'conflict',
  'gone-back': 'conflict',
  'newer-version': 'misconfigured',
  damaged: 'corrupt',
  empty: 'misconfigured',
  misconfigured: 'misconfigured',
  invalid: 'invalid-request',
};

/**
 * Asks the state store for something and tells its failures in the admin API's words.
 *
 * @throws AdminError for a StateError; anything else passes as it is
 */
export async function askState<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    const message = `The state store: ${error.message}`;
    throw new AdminError(ADMIN_ERROR_CODE[error.code], message, { cause: error });
  }
}
