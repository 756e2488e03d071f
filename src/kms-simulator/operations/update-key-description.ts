import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';

/** Changes the description of a key. */
export const updateKeyDescription = operation({
  name: 'UpdateKeyDescription',
  input: z.object({ KeyId: member.keyId, Description: member.text(0, 8192) }),
  run: async ({ KeyId, Description }, request, { keys }) => {
    const record = await keys.resolve(KeyId, { ...request, need: 'change' });
    await keys.put({ ...record, description: Description });
    return {};
  },
});
