import type { StateError, StateErrorCode } from '../../../state/errors.js';
import type { KeyManagerErrorCode } from '../../backend.js';

const CODES: Partial<Record<StateErrorCode, KeyManagerErrorCode>> = {
  conflict: 'conflict',
  unavailable: 'unreachable',
  'outcome-unknown': 'unreachable',
  'gone-back': 'unreachable',
};

/** Finds the code of a key manager for a failure of the state. */
export function keyManagerCodeOf({ code }: StateError): KeyManagerErrorCode {
  return CODES[code] ?? 'internal';
}
