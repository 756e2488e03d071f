import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { requireNoDryRun } from '../keys/dry-run.js';
import { grantOn } from './grants.js';
import { operation } from './operation.js';

/** Takes a grant back. */
export const revokeGrant = operation({
  name: 'RevokeGrant',
  input: z.object({
    KeyId: member.keyId,
    GrantId: member.text(1, 128),
    DryRun: member.dryRun,
  }),
  run: async ({ KeyId, GrantId, DryRun }, request, { keys }) => {
    const how = { ...request, need: 'look', acrossAccounts: true } as const;
    const grant = grantOn(await keys.resolve(KeyId, how), GrantId, keys);
    requireNoDryRun(DryRun);
    await keys.grants.remove(grant.id);
    return {};
  },
});
