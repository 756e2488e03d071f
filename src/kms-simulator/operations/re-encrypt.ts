import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';

/** Decrypts under one key and encrypts under another, without showing the plaintext. */
export const reEncrypt = operation({
  name: 'ReEncrypt',
  input: z.object({
    CiphertextBlob: member.blob(1, 6144),
    SourceEncryptionContext: member.encryptionContext,
    SourceKeyId: member.keyId.optional(),
    DestinationKeyId: member.keyId,
    DestinationEncryptionContext: member.encryptionContext,
    SourceEncryptionAlgorithm: member.algorithm,
    DestinationEncryptionAlgorithm: member.algorithm,
    GrantTokens: member.grantTokens,
    DryRun: member.dryRun,
  }),
  run: async (given, request, kms) => {
    const source = {
      ...request,
      context: given.SourceEncryptionContext,
      algorithm: given.SourceEncryptionAlgorithm,
      isDryRun: given.DryRun === true,
    };
    const destination = {
      ...source,
      context: given.DestinationEncryptionContext,
      algorithm: given.DestinationEncryptionAlgorithm,
    };
    // What is wrong with a key is told before any proxy is asked.
    await kms.keys.resolve(given.DestinationKeyId, {
      call: request.call,
      used: [],
      need: 'use',
      byAlias: true,
      acrossAccounts: true,
    });
    const opened = await kms.cryptography.decrypt(given.CiphertextBlob, given.SourceKeyId, source);
    const sealed = await kms.cryptography.encrypt(
      given.DestinationKeyId,
      opened.plaintext,
      destination,
    );
    return {
      CiphertextBlob: sealed.blob.toString('base64'),
      SourceKeyId: opened.keyArn,
      KeyId: sealed.keyArn,
      SourceEncryptionAlgorithm: given.SourceEncryptionAlgorithm,
      DestinationEncryptionAlgorithm: given.DestinationEncryptionAlgorithm,
      SourceKeyMaterialId: opened.materialId,
      DestinationKeyMaterialId: sealed.materialId,
    };
  },
});
