import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError } from '../backend.js';

/**
 * Waits for work that others may be waiting for too, and that therefore goes on when the deadline
 * of this one passes. Not for the usual way of a request: a signal is dear.
 *
 * @throws KeyManagerError `deadline`, or what the work threw
 */
export async function withinDeadline<T>(work: Promise<T>, { signal }: Deadline): Promise<T> {
  const expired = new Promise<never>((_, reject) => {
    const expire = () => {
      reject(new KeyManagerError('deadline', 'the server did not answer in time'));
    };
    if (signal.aborted) expire();
    else signal.addEventListener('abort', expire, { once: true });
  });
  return Promise.race([work, expired]);
}
