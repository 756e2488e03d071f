import { z } from 'zod';
import { KmsException } from '../exceptions.js';
import * as member from '../protocol/inputs.js';
import type { Kms, Output, Request } from './operation.js';

const BYTES = { AES_256: 32, AES_128: 16 } as const;

/** Members of the input of the operations that generate a data key. */
export const dataKeyInput = z.object({
  KeyId: member.keyId,
  EncryptionContext: member.encryptionContext,
  NumberOfBytes: member.whole(1, 1024).optional(),
  KeySpec: z.enum(['AES_256', 'AES_128']).optional(),
  GrantTokens: member.grantTokens,
  DryRun: member.dryRun,
});

/** A data key, and the members of the answer that do not tell it. */
export interface DataKey {
  readonly plaintext: Buffer;
  readonly output: Output;
}

/** Generates a data key. @throws KmsException */
export async function generateDataKeyOf(
  given: z.output<typeof dataKeyInput>,
  request: Request,
  { cryptography, randomBytes }: Kms,
): Promise<DataKey> {
  const plaintext = randomBytes(lengthOf(given));
  const { blob, keyArn, materialId } = await cryptography.encrypt(given.KeyId, plaintext, {
    ...request,
    context: given.EncryptionContext,
    algorithm: 'SYMMETRIC_DEFAULT',
    isDryRun: given.DryRun === true,
  });
  return {
    plaintext,
    output: {
      CiphertextBlob: blob.toString('base64'),
      KeyId: keyArn,
      KeyMaterialId: materialId,
    },
  };
}

function lengthOf({ NumberOfBytes, KeySpec }: z.output<typeof dataKeyInput>): number {
  if (NumberOfBytes !== undefined && KeySpec === undefined) return NumberOfBytes;
  if (KeySpec !== undefined && NumberOfBytes === undefined) return BYTES[KeySpec];
  throw new KmsException(
    'ValidationException',
    'Please specify either number of bytes or key spec.',
  );
}
