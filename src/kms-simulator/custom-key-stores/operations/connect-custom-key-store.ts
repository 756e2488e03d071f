import { z } from 'zod';
import { customKeyStoreId } from './members.js';
import type { KeyStoreOperation } from './operation.js';

const input = z.object({ CustomKeyStoreId: customKeyStoreId });

/** Begins to connect a key store, and answers before that is done. */
export const connectCustomKeyStore: KeyStoreOperation<typeof input> = {
  name: 'ConnectCustomKeyStore',
  input,
  run: async ({ CustomKeyStoreId }, { account, requestId }, { stores, connections }) => {
    await connections.connect(stores.get(CustomKeyStoreId, account), requestId);
    return {};
  },
};
