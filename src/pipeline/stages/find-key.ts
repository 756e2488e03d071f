import { type KeyDescription, KeyManagerError } from '../../key-managers/backend.js';
import type { ServedKeyStore } from '../context.js';
import type { TracedCall } from '../traced-call.js';

/**
 * Looks the key up. A key that this key store does not expose is as good as none.
 *
 * @throws KeyManagerError
 */
export async function findKey(
  keyStore: ServedKeyStore,
  externalKeyId: string,
  trace: TracedCall,
): Promise<KeyDescription> {
  if (keyStore.exposes(externalKeyId)) {
    trace.record.authorization = 'allowed';
    trace.record.keyManager = keyStore.keyManager.name;
    return await keyStore.keyManager.describeKey(externalKeyId, trace);
  }
  trace.record.authorization = 'denied';
  throw new KeyManagerError('key-not-found', 'not exposed by this key store');
}
