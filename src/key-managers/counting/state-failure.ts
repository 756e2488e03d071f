import { StateError, type StateErrorCode } from '../../state/errors.js';
import type { KeyManagerErrorCode } from '../backend.js';

const CODES: Partial<Record<StateErrorCode, KeyManagerErrorCode>> = {
  conflict: 'conflict',
  unavailable: 'unreachable',
  'outcome-unknown': 'unreachable',
  'gone-back': 'unreachable',
};

/** Finds the code of a key manager for a failure of the state; any other is `internal`. */
export function keyManagerCodeOf(error: unknown): KeyManagerErrorCode {
  return (error instanceof StateError ? CODES[error.code] : undefined) ?? 'internal';
}
