import type { KeyRing } from '../keys/key-ring.js';
import type { KeyRecord } from '../keys/records.js';
import { type Output, seconds } from './operation.js';

/** Describes a key as KMS does. */
export function keyMetadata(record: KeyRecord, keys: KeyRing): Output {
  const { id, account, external, deletionAt } = record;
  const state = keys.stateOf(record);
  return {
    AWSAccountId: account,
    KeyId: id,
    Arn: keys.arnOf(record),
    CreationDate: seconds(record.createdAt),
    Enabled: state === 'Enabled',
    Description: record.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: state,
    ...(deletionAt === undefined ? {} : { DeletionDate: seconds(deletionAt) }),
    Origin: external === undefined ? 'AWS_KMS' : 'EXTERNAL_KEY_STORE',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    KeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: false,
    ...(external === undefined
      ? { CurrentKeyMaterialId: record.materials.at(-1)?.id }
      : {
          CustomKeyStoreId: external.customKeyStoreId,
          XksKeyConfiguration: { Id: external.xksKeyId },
        }),
  };
}
