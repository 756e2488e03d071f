import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError } from '../backend.js';

/**
 * Waits for work that others may be waiting for too, and that therefore goes on when the deadline
 * of this one passes.
 *
 * @throws KeyManagerError `deadline`, or what the work threw
 */
export function withinDeadline<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  return deadline.race(
    work,
    () => new KeyManagerError('deadline', 'the server did not answer in time'),
  );
}
