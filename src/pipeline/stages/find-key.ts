import { type KeyDescription, KeyManagerError } from '../../key-managers/backend.js';
import type { Deadline } from '../../shared/deadline.js';
import type { ServedKeyStore } from '../context.js';

/**
 * Looks the key up. A key that this key store does not expose is as good as none.
 *
 * @throws KeyManagerError
 */
export async function findKey(
  keyStore: ServedKeyStore,
  externalKeyId: string,
  deadline: Deadline,
): Promise<KeyDescription> {
  // A body that arrived late: KMS has given up, so nobody would see what the key is used for.
  if (deadline.hasPassed()) throw new KeyManagerError('deadline', 'the request came too slowly');
  if (keyStore.exposes(externalKeyId)) {
    return await keyStore.keyManager.describeKey(externalKeyId, deadline);
  }
  throw new KeyManagerError('key-not-found', 'not exposed by this key store');
}
