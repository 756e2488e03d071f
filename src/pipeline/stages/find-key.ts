import type { KeyDescription } from '../../key-managers/backend.js';
import type { MaybePromise } from '../../key-managers/maybe-promise.js';
import type { ServedKeyStore } from '../context.js';
import type { Execution } from '../execution.js';

/**
 * Looks the key up.
 *
 * @throws KeyManagerError
 */
export function findKey(
  { keyManager }: ServedKeyStore,
  externalKeyId: string,
  execution: Execution,
): MaybePromise<KeyDescription> {
  return keyManager.describeKey(externalKeyId, execution);
}
