import { StateError } from '../../../state/errors.js';
import { KeyManagerError } from '../../backend.js';
import { keyManagerCodeOf } from '../../counting/state-failure.js';

/** Does work of the state. @throws KeyManagerError for a failure of it */
export async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toKeyManagerError(error);
  }
}

/** Tells a failure of the state in the words of key managers. */
export function toKeyManagerError(error: unknown): unknown {
  if (!(error instanceof StateError)) return error;
  const code = keyManagerCodeOf(error);
  const why = code === 'conflict' ? 'another replica was faster: ' : '';
  return new KeyManagerError(code, `${why}${error.message}`, { cause: error });
}
