import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';
import { pageOf } from './pages.js';
import { POLICY_NAME } from './policies.js';

/** Lists the names of the policies of a key: there is one. */
export const listKeyPolicies = operation({
  name: 'ListKeyPolicies',
  input: z.object({
    KeyId: member.keyId,
    Limit: member.limit,
    Marker: member.marker,
  }),
  run: async (given, request, { keys }) => {
    await keys.resolve(given.KeyId, { ...request, need: 'look' });
    const { items, more } = pageOf([POLICY_NAME], (name) => name, given, {
      usual: 100,
      most: 1000,
    });
    return { PolicyNames: items, ...more };
  },
});
