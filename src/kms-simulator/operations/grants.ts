import { KmsException } from '../exceptions.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { GrantRecord, KeyRecord } from '../keys/records.js';
import { type Output, seconds } from './operation.js';

/** A grant in lists. */
export function grantEntry(grant: GrantRecord, keys: KeyRing): Output {
  return {
    KeyId: keys.arnOf({ id: grant.keyId, account: grant.account }),
    GrantId: grant.id,
    CreationDate: seconds(grant.createdAt),
    IssuingAccount: `arn:aws:iam::${grant.account}:root`,
    ...grant.terms,
  };
}

/** Grants in the order of their ids. */
export function grantsOf(keys: KeyRing): readonly GrantRecord[] {
  return [...keys.grants.all()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The grant of this id on a key. @throws KmsException where there is none */
export function grantOn({ id: keyId }: KeyRecord, grantId: string, keys: KeyRing): GrantRecord {
  const grant = keys.grants.get(grantId);
  if (grant?.keyId === keyId) return grant;
  throw new KmsException('NotFoundException', `Grant ID ${grantId} not found`);
}
