import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';
import { requireNoRecipient } from './recipients.js';

/** Decrypts what Encrypt or GenerateDataKey has made. */
export const decrypt = operation({
  name: 'Decrypt',
  input: z.object({
    CiphertextBlob: member.blob(1, 6144),
    EncryptionContext: member.encryptionContext,
    GrantTokens: member.grantTokens,
    KeyId: member.keyId.optional(),
    EncryptionAlgorithm: member.algorithm,
    Recipient: member.recipient,
    DryRun: member.dryRun,
  }),
  run: async (given, request, { cryptography }) => {
    requireNoRecipient(given.Recipient);
    const { plaintext, keyArn, materialId } = await cryptography.decrypt(
      given.CiphertextBlob,
      given.KeyId,
      {
        ...request,
        context: given.EncryptionContext,
        algorithm: given.EncryptionAlgorithm,
        isDryRun: given.DryRun === true,
      },
    );
    return {
      KeyId: keyArn,
      Plaintext: plaintext.toString('base64'),
      EncryptionAlgorithm: given.EncryptionAlgorithm,
      KeyMaterialId: materialId,
    };
  },
});
