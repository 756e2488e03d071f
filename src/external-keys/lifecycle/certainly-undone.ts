import { KeyManagerError, type KeyManagerErrorCode } from '../../key-managers/backend.js';

/** Answers of a key manager after which it is certain that it has done nothing. */
const CERTAINLY_UNDONE: ReadonlySet<KeyManagerErrorCode> = new Set([
  'key-not-found',
  'version-not-found',
  'key-disabled',
  'unsupported',
  'conflict',
  'rejected',
  'corrupt',
  'misconfigured',
  'overloaded',
]);

/** Tells whether an act has certainly changed nothing at the key manager. */
export function isCertainlyUndone(error: unknown): error is KeyManagerError {
  return error instanceof KeyManagerError && CERTAINLY_UNDONE.has(error.code);
}
