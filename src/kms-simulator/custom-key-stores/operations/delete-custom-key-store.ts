import { z } from 'zod';
import { customKeyStoreId } from './members.js';
import type { KeyStoreOperation } from './operation.js';

const input = z.object({ CustomKeyStoreId: customKeyStoreId });

/** Deletes a key store that is disconnected and without keys. */
export const deleteCustomKeyStore: KeyStoreOperation<typeof input> = {
  name: 'DeleteCustomKeyStore',
  input,
  run: async ({ CustomKeyStoreId }, call, { administration }) => {
    await administration.delete(CustomKeyStoreId, call);
    return {};
  },
};
