import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { keyMetadata } from './key-metadata.js';
import { operation } from './operation.js';

/** Tells of a key. */
export const describeKey = operation({
  name: 'DescribeKey',
  input: z.object({ KeyId: member.keyId, GrantTokens: member.grantTokens }),
  run: async ({ KeyId }, request, { keys }) => {
    const how = { ...request, need: 'look', byAlias: true, acrossAccounts: true } as const;
    return { KeyMetadata: keyMetadata(await keys.resolve(KeyId, how), keys) };
  },
});
