import { z } from 'zod';
import { KmsException } from '../exceptions.js';
import type { GrantRecord } from '../keys/records.js';
import * as member from '../protocol/inputs.js';
import { requireNoDryRun } from '../keys/dry-run.js';
import { grantOn } from './grants.js';
import { type Kms, operation, type Request } from './operation.js';

const input = z.object({
  GrantToken: member.text(1, 8192).optional(),
  KeyId: member.keyId.optional(),
  GrantId: member.text(1, 128).optional(),
  DryRun: member.dryRun,
});

/** Gives a grant up, by its token or by its key and id. */
export const retireGrant = operation({
  name: 'RetireGrant',
  input,
  run: async (given, request, kms) => {
    const grant = await named(given, request, kms);
    requireNoDryRun(given.DryRun);
    await kms.keys.grants.remove(grant.id);
    return {};
  },
});

async function named(
  { GrantToken, KeyId, GrantId }: z.output<typeof input>,
  request: Request,
  { keys }: Kms,
): Promise<GrantRecord> {
  const isByToken = GrantToken !== undefined && KeyId === undefined && GrantId === undefined;
  if (isByToken) {
    const grant = keys.grants.all().find(({ token }) => token === GrantToken);
    if (grant === undefined) {
      throw new KmsException('InvalidGrantTokenException', 'The grant token is not valid.');
    }
    request.used.push({ arn: keys.arnOf({ id: grant.keyId, account: grant.account }) });
    return grant;
  }
  if (GrantToken !== undefined || KeyId === undefined || GrantId === undefined) {
    throw new KmsException(
      'ValidationException',
      'Specify either GrantToken, or KeyId and GrantId.',
    );
  }
  const key = await keys.resolve(KeyId, { ...request, need: 'look', acrossAccounts: true });
  return grantOn(key, GrantId, keys);
}
