import { z } from 'zod';
import { KmsException } from '../exceptions.js';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';
import { requireNoRecipient } from './recipients.js';

/** Returns random bytes. */
export const generateRandom = operation({
  name: 'GenerateRandom',
  input: z.object({
    NumberOfBytes: member.whole(1, 1024).optional(),
    CustomKeyStoreId: member.text(1, 64).optional(),
    Recipient: member.recipient,
  }),
  run: ({ NumberOfBytes, CustomKeyStoreId, Recipient }, { call }, { keyStores, randomBytes }) => {
    requireNoRecipient(Recipient);
    if (CustomKeyStoreId !== undefined) {
      keyStores.stores.get(CustomKeyStoreId, call.account);
      throw new KmsException(
        'UnsupportedOperationException',
        'GenerateRandom is not valid for a custom key store of the type EXTERNAL_KEY_STORE.',
      );
    }
    if (NumberOfBytes === undefined) {
      throw new KmsException('ValidationException', 'NumberOfBytes is required.');
    }
    return Promise.resolve({ Plaintext: randomBytes(NumberOfBytes).toString('base64') });
  },
});
