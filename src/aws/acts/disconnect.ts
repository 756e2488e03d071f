import { z } from 'zod';
import { type CustomKeyStore, waitForState } from '../key-store.js';
import type { KmsClient } from '../kms-client.js';

/**
 * Disconnects a key store and waits. Its keys cannot be used until it is connected again.
 *
 * @throws KmsError, ConnectionFailedError when it takes too long
 */
export async function disconnect(
  kms: KmsClient,
  { CustomKeyStoreId: id, CustomKeyStoreName: name, ConnectionState }: CustomKeyStore,
  timing: { readonly timeoutMs: number; readonly pollMs?: number | undefined },
): Promise<void> {
  if (ConnectionState === 'DISCONNECTED') return;
  await kms.call('DisconnectCustomKeyStore', { CustomKeyStoreId: id }, z.looseObject({}));
  await waitForState(kms, { id, name, state: 'DISCONNECTED', ...timing });
}
