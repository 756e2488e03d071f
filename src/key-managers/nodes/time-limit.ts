import { KeyManagerError } from '../backend.js';

/**
 * Waits for work so long and no longer. The work itself goes on, and how it ends is then nobody's
 * concern: whoever does it has its own means to stop.
 *
 * @throws KeyManagerError `deadline`, or what the work threw
 */
export function withinTime<T>(work: Promise<T>, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new KeyManagerError('deadline', `no answer within ${Math.round(limitMs)} ms`));
    }, limitMs);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
