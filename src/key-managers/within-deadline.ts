import type { Deadline } from '../shared/deadline.js';
import { KeyManagerError } from './backend.js';

/**
 * Waits for work until the deadline passes and no longer. The work goes on: others may be waiting
 * for it, too.
 *
 * @param whose work it is: `the disk`, `the token`, `the server`, `the node`
 * @throws KeyManagerError `deadline`, or what the work threw
 */
export function withinDeadline<T>(work: Promise<T>, deadline: Deadline, whose: string): Promise<T> {
  const limitMs = Math.round(deadline.remainingMs());
  return deadline.race(
    work,
    () => new KeyManagerError('deadline', `${whose} did not answer within ${limitMs} ms`),
  );
}
