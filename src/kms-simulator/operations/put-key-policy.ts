import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';
import { POLICY_NAME, requirePolicyName, requireWellFormedPolicy } from './policies.js';

/** Keeps a policy for a key. The simulator does not evaluate it. */
export const putKeyPolicy = operation({
  name: 'PutKeyPolicy',
  input: z.object({
    KeyId: member.keyId,
    PolicyName: member.text(1, 128).default(POLICY_NAME),
    Policy: member.text(1, 131_072),
    BypassPolicyLockoutSafetyCheck: z.boolean().optional(),
  }),
  run: async ({ KeyId, PolicyName, Policy }, request, { keys }) => {
    const record = await keys.resolve(KeyId, { ...request, need: 'look' });
    requirePolicyName(PolicyName);
    requireWellFormedPolicy(Policy);
    await keys.put({ ...record, policy: Policy });
    return {};
  },
});
