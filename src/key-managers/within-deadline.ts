import type { Deadline } from '../shared/deadline.js';
import { KeyManagerError } from './backend.js';

/**
 * Waits for work that others may be waiting for too, and that therefore goes on when the deadline
 * of this one passes.
 *
 * @param whose work it is: `the disk`, `the token`, `the server`
 * @throws KeyManagerError `deadline`, or what the work threw
 */
export function withinDeadline<T>(work: Promise<T>, deadline: Deadline, whose: string): Promise<T> {
  return deadline.race(
    work,
    () => new KeyManagerError('deadline', `${whose} did not answer in time`),
  );
}
