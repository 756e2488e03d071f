import { z } from 'zod';
import { aliasName, aliasOf, requireOwnAliasName } from './alias-names.js';
import { operation } from './operation.js';

/** Takes an alias away; its key stays. */
export const deleteAlias = operation({
  name: 'DeleteAlias',
  input: z.object({ AliasName: aliasName }),
  run: async ({ AliasName }, { call, used }, { keys }) => {
    requireOwnAliasName(AliasName);
    const { id, targetKeyId } = aliasOf(AliasName, call, keys);
    await keys.aliases.remove(id);
    used.push({ arn: keys.arnOf({ id: targetKeyId, account: call.account }) });
    return {};
  },
});
