import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';

/** Encrypts up to 4,096 bytes. */
export const encrypt = operation({
  name: 'Encrypt',
  input: z.object({
    KeyId: member.keyId,
    Plaintext: member.blob(1, 4096),
    EncryptionContext: member.encryptionContext,
    GrantTokens: member.grantTokens,
    EncryptionAlgorithm: member.algorithm,
    DryRun: member.dryRun,
  }),
  run: async (given, request, { cryptography }) => {
    const { blob, keyArn } = await cryptography.encrypt(given.KeyId, given.Plaintext, {
      ...request,
      context: given.EncryptionContext,
      algorithm: given.EncryptionAlgorithm,
      isDryRun: given.DryRun === true,
    });
    return {
      CiphertextBlob: blob.toString('base64'),
      KeyId: keyArn,
      EncryptionAlgorithm: given.EncryptionAlgorithm,
    };
  },
});
