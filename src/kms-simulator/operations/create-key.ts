import { z } from 'zod';
import { KmsException } from '../exceptions.js';
import type { KeyRecord } from '../keys/records.js';
import * as member from '../protocol/inputs.js';
import type { Call } from '../call.js';
import { keyMetadata } from './key-metadata.js';
import { type Kms, operation } from './operation.js';
import { defaultPolicy, requireWellFormedPolicy } from './policies.js';
import { withTags } from './tags.js';

const KEY_SPECS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'SYMMETRIC_DEFAULT',
  'HMAC_224',
  'HMAC_256',
  'HMAC_384',
  'HMAC_512',
  'SM2',
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
  'ECC_NIST_EDWARDS25519',
  'ML_KEM_512',
  'ML_KEM_768',
  'ML_KEM_1024',
] as const;

const input = z.object({
  Policy: member.text(1, 131_072).optional(),
  Description: member.text(0, 8192).default(''),
  KeyUsage: z
    .enum([
      'SIGN_VERIFY',
      'ENCRYPT_DECRYPT',
      'GENERATE_VERIFY_MAC',
      'KEY_AGREEMENT',
      'ENCAPSULATE_DECAPSULATE',
    ])
    .default('ENCRYPT_DECRYPT'),
  KeySpec: z.enum(KEY_SPECS).optional(),
  CustomerMasterKeySpec: z.enum(KEY_SPECS).optional(),
  Origin: z.enum(['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE']).default('AWS_KMS'),
  CustomKeyStoreId: member.text(1, 64).optional(),
  BypassPolicyLockoutSafetyCheck: z.boolean().optional(),
  Tags: z.array(member.tag).default([]),
  MultiRegion: z.boolean().default(false),
  XksKeyId: member
    .text(1, 128)
    .regex(/^[a-zA-Z0-9-_.]+$/)
    .optional(),
});

type Input = z.output<typeof input>;

/** Creates an ordinary key, or one of an external key store once its proxy has shown the key. */
export const createKey = operation({
  name: 'CreateKey',
  input,
  run: async (given, { call, used }, kms) => {
    requireSupported(given);
    if (given.Policy !== undefined) requireWellFormedPolicy(given.Policy);
    const tags = withTags([], given.Tags);
    const record = await kms.keys.create({
      account: call.account,
      description: given.Description,
      external: await externalKeyOf(given, call, kms),
      policy: given.Policy ?? defaultPolicy(call.account),
      tags,
    });
    used.push({ arn: kms.keys.arnOf(record), ...record.external });
    return { KeyMetadata: keyMetadata(record, kms.keys) };
  },
});

function requireSupported(given: Input): void {
  const { KeySpec, CustomerMasterKeySpec, KeyUsage, Origin, MultiRegion } = given;
  const spec = KeySpec ?? CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
  if (KeySpec !== undefined && CustomerMasterKeySpec !== undefined) {
    throw invalid('You cannot specify KeySpec and CustomerMasterKeySpec in the same request.');
  }
  const isUnsupported =
    spec !== 'SYMMETRIC_DEFAULT' ||
    KeyUsage !== 'ENCRYPT_DECRYPT' ||
    MultiRegion ||
    Origin === 'EXTERNAL' ||
    Origin === 'AWS_CLOUDHSM';
  if (!isUnsupported) return;
  throw new KmsException(
    'UnsupportedOperationException',
    Origin === 'EXTERNAL_KEY_STORE'
      ? 'A KMS key in an external key store is a symmetric encryption key of one Region.'
      : 'The simulator has symmetric encryption keys of one Region alone, of origin AWS_KMS or EXTERNAL_KEY_STORE.',
  );
}

async function externalKeyOf(
  { Origin, CustomKeyStoreId: customKeyStoreId, XksKeyId: xksKeyId }: Input,
  call: Call,
  { keyStores }: Kms,
): Promise<KeyRecord['external']> {
  if (Origin !== 'EXTERNAL_KEY_STORE') {
    if (customKeyStoreId === undefined && xksKeyId === undefined) return undefined;
    throw invalid('CustomKeyStoreId and XksKeyId are valid for the Origin EXTERNAL_KEY_STORE.');
  }
  if (customKeyStoreId === undefined || xksKeyId === undefined) {
    throw invalid('The Origin EXTERNAL_KEY_STORE requires CustomKeyStoreId and XksKeyId.');
  }
  await keyStores.cryptography.inspect(customKeyStoreId, xksKeyId, call);
  return { customKeyStoreId, xksKeyId };
}

function invalid(message: string): KmsException {
  return new KmsException('ValidationException', message);
}
