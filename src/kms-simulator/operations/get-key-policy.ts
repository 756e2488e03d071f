import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';
import { POLICY_NAME, requirePolicyName } from './policies.js';

/** Tells the policy of a key. */
export const getKeyPolicy = operation({
  name: 'GetKeyPolicy',
  input: z.object({
    KeyId: member.keyId,
    PolicyName: member.text(1, 128).default(POLICY_NAME),
  }),
  run: async ({ KeyId, PolicyName }, request, { keys }) => {
    const { policy } = await keys.resolve(KeyId, { ...request, need: 'look' });
    requirePolicyName(PolicyName);
    return { Policy: policy, PolicyName };
  },
});
