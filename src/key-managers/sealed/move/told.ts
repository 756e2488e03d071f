import { StateError } from '../../../state/errors.js';
import { KeyManagerError } from '../../backend.js';
import { keyManagerCodeOf } from '../state/state-failure.js';

/** Tells the failure of a move in a key manager's words. */
export function told(error: unknown): KeyManagerError {
  if (error instanceof KeyManagerError) return error;
  const code = error instanceof StateError ? keyManagerCodeOf(error) : 'internal';
  const reason = error instanceof Error ? error.message : String(error);
  return new KeyManagerError(code, `the keys have not moved: ${reason}`, { cause: error });
}
