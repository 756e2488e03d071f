import { KeyManagerError, type KeyManagerErrorCode } from '../backend.js';

/** Failures that say something about the node and nothing about the request: another may do. */
const NODE_FAILURES: ReadonlySet<KeyManagerErrorCode> = new Set([
  'unreachable',
  'misconfigured',
  'overloaded',
  'deadline',
  'internal',
]);

/** Errors of a node that lags behind the others, for a key or version that was just made. */
const ABSENCES: ReadonlySet<KeyManagerErrorCode> = new Set(['key-not-found', 'version-not-found']);

/** Failures of a node that has not answered. */
const SILENCES: ReadonlySet<KeyManagerErrorCode> = new Set([
  'unreachable',
  'overloaded',
  'deadline',
]);

/** True for an error of one node after which another one might succeed. */
export function mayDoElsewhere(error: unknown): boolean {
  return isNodeFailure(error) || isIn(ABSENCES, error);
}

/** True for an error that says something about the node and nothing about the request. */
export function isNodeFailure(error: unknown): boolean {
  return isIn(NODE_FAILURES, error);
}

/** True for an error of a node that has not answered. */
export function isSilence(error: unknown): boolean {
  return isIn(SILENCES, error);
}

function isIn(codes: ReadonlySet<KeyManagerErrorCode>, error: unknown): boolean {
  return error instanceof KeyManagerError && codes.has(error.code);
}
