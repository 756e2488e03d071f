import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { aliasName, aliasOf, requireOwnAliasName } from './alias-names.js';
import { operation } from './operation.js';

/** Points an alias to another key. */
export const updateAlias = operation({
  name: 'UpdateAlias',
  input: z.object({ AliasName: aliasName, TargetKeyId: member.keyId }),
  run: async ({ AliasName, TargetKeyId }, request, { keys, clock }) => {
    requireOwnAliasName(AliasName);
    const alias = aliasOf(AliasName, request.call, keys);
    const { id: targetKeyId } = await keys.resolve(TargetKeyId, { ...request, need: 'change' });
    await keys.aliases.put({ ...alias, targetKeyId, updatedAt: clock.now() });
    return {};
  },
});
