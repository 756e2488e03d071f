import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError } from '../backend.js';

/**
 * Waits for a node until the deadline passes and no longer.
 *
 * @throws KeyManagerError `deadline`, or what the node's work threw
 */
export function inTime<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  const limitMs = Math.round(deadline.remainingMs());
  return deadline.race(
    work,
    () => new KeyManagerError('deadline', `no answer within ${limitMs} ms`),
  );
}
