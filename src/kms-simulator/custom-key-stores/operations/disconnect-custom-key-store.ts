import { z } from 'zod';
import { customKeyStoreId } from './members.js';
import type { KeyStoreOperation } from './operation.js';

const input = z.object({ CustomKeyStoreId: customKeyStoreId });

/** Disconnects a key store; its keys cannot be used until it is connected again. */
export const disconnectCustomKeyStore: KeyStoreOperation<typeof input> = {
  name: 'DisconnectCustomKeyStore',
  input,
  run: async ({ CustomKeyStoreId }, { account }, { stores, connections }) => {
    await connections.disconnect(stores.get(CustomKeyStoreId, account));
    return {};
  },
};
