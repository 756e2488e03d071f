import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';

/** Disables a key. */
export const disableKey = operation({
  name: 'DisableKey',
  input: z.object({ KeyId: member.keyId }),
  run: async ({ KeyId }, request, { keys }) => {
    const record = await keys.resolve(KeyId, { ...request, need: 'change' });
    await keys.put({ ...record, state: 'Disabled' });
    return {};
  },
});
