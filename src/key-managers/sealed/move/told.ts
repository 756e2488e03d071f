import { KeyManagerError } from '../../backend.js';
import { keyManagerCodeOf } from '../../counting/state-failure.js';
import { messageOf } from '../../../shared/reason-of.js';

/** Tells the failure of a move, or of another act, in a key manager's words. */
export function told(error: unknown, failure = 'the keys have not moved'): KeyManagerError {
  if (error instanceof KeyManagerError) return error;
  const reason = messageOf(error);
  return new KeyManagerError(keyManagerCodeOf(error), `${failure}: ${reason}`, {
    cause: error,
  });
}
