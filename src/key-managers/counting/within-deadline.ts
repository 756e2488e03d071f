import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError } from '../backend.js';

/**
 * Waits for work that others may be waiting for too, and that therefore goes on when the deadline
 * of this one passes.
 *
 * @throws KeyManagerError `deadline`, or what the work threw
 */
export async function withinDeadline<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  const { signal } = deadline;
  const expired = new Promise<never>((_, reject) => {
    const expire = () => {
      reject(new KeyManagerError('deadline', 'the disk did not answer in time'));
    };
    if (signal.aborted) expire();
    else signal.addEventListener('abort', expire, { once: true });
  });
  return Promise.race([work, expired]);
}
