import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { grantEntry, grantsOf } from './grants.js';
import { operation } from './operation.js';
import { pageOf } from './pages.js';

/** Lists the grants on a key. */
export const listGrants = operation({
  name: 'ListGrants',
  input: z.object({
    KeyId: member.keyId,
    Limit: member.limit,
    Marker: member.marker,
    GrantId: member.text(1, 128).optional(),
    GranteePrincipal: member.principal.optional(),
    GranteeServicePrincipal: member.text(1, 128).optional(),
  }),
  run: async (given, request, { keys }) => {
    const how = { ...request, need: 'look', acrossAccounts: true } as const;
    const key = await keys.resolve(given.KeyId, how);
    const { GrantId, GranteePrincipal, GranteeServicePrincipal } = given;
    const grants = grantsOf(keys)
      .filter(({ keyId }) => keyId === key.id)
      .filter(({ id }) => GrantId === undefined || id === GrantId)
      .filter(
        ({ terms }) =>
          (GranteePrincipal ?? terms.GranteePrincipal) === terms.GranteePrincipal &&
          (GranteeServicePrincipal ?? terms.GranteeServicePrincipal) ===
            terms.GranteeServicePrincipal,
      );
    const { items, more } = pageOf(grants, ({ id }) => id, given, { usual: 50, most: 100 });
    return { Grants: items.map((grant) => grantEntry(grant, keys)), ...more };
  },
});
