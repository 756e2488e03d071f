import { StateError, type StateErrorCode } from '../../../state/errors.js';
import { KeyManagerError, type KeyManagerErrorCode } from '../../backend.js';

const CODES: Partial<Record<StateErrorCode, KeyManagerErrorCode>> = {
  conflict: 'conflict',
  unavailable: 'unreachable',
  'outcome-unknown': 'unreachable',
  'gone-back': 'unreachable',
};

/** Tells the failure of a move in a key manager's words. */
export function told(error: unknown): KeyManagerError {
  if (error instanceof KeyManagerError) return error;
  const code = (error instanceof StateError ? CODES[error.code] : undefined) ?? 'internal';
  const reason = error instanceof Error ? error.message : String(error);
  return new KeyManagerError(code, `the keys have not moved: ${reason}`, { cause: error });
}
