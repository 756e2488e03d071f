import type { KeyDescription } from '../../key-managers/backend.js';
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
): Promise<KeyDescription> {
  return keyManager.describeKey(externalKeyId, execution);
}
