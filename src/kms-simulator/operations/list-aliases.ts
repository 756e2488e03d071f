import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation, seconds } from './operation.js';
import { pageOf } from './pages.js';

/** Lists the aliases of the caller's account, or of one key. */
export const listAliases = operation({
  name: 'ListAliases',
  input: z.object({
    KeyId: member.keyId.optional(),
    Limit: member.limit,
    Marker: member.marker,
  }),
  run: async (given, request, { keys }) => {
    const { KeyId } = given;
    const key = KeyId && (await keys.resolve(KeyId, { ...request, need: 'look' }));
    // Keys whose waiting period is over take their aliases with them.
    await keys.list(request.call.account);
    const aliases = keys.aliases
      .all()
      .filter(({ account }) => account === request.call.account)
      .filter(({ targetKeyId }) => !key || targetKeyId === key.id)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const { items, more } = pageOf(aliases, ({ name }) => name, given, { usual: 50, most: 100 });
    const Aliases = items.map((alias) => ({
      AliasName: alias.name,
      AliasArn: alias.id,
      TargetKeyId: alias.targetKeyId,
      CreationDate: seconds(alias.createdAt),
      LastUpdatedDate: seconds(alias.updatedAt),
    }));
    return { Aliases, ...more };
  },
});
