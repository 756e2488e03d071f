import { z } from 'zod';
import { KmsException } from '../exceptions.js';
import * as member from '../protocol/inputs.js';
import { aliasName, requireOwnAliasName } from './alias-names.js';
import { operation } from './operation.js';

/** Gives a key an alias. */
export const createAlias = operation({
  name: 'CreateAlias',
  input: z.object({ AliasName: aliasName, TargetKeyId: member.keyId }),
  run: async ({ AliasName, TargetKeyId }, request, { keys, clock }) => {
    requireOwnAliasName(AliasName);
    const { id: targetKeyId } = await keys.resolve(TargetKeyId, { ...request, need: 'change' });
    const { account } = request.call;
    const id = keys.aliasArnOf(account, AliasName);
    if (keys.aliases.get(id) !== undefined) {
      throw new KmsException(
        'AlreadyExistsException',
        `An alias with the name ${id} already exists`,
      );
    }
    const now = clock.now();
    const alias = { id, name: AliasName, account, targetKeyId, createdAt: now, updatedAt: now };
    await keys.aliases.put(alias);
    return {};
  },
});
