import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';

/** Takes back the deletion of a key, which is Disabled then. */
export const cancelKeyDeletion = operation({
  name: 'CancelKeyDeletion',
  input: z.object({ KeyId: member.keyId }),
  run: async ({ KeyId }, request, { keys }) => {
    const record = await keys.resolve(KeyId, { ...request, need: 'cancelDeletion' });
    await keys.put({ ...record, state: 'Disabled', deletionAt: undefined });
    return { KeyId: keys.arnOf(record) };
  },
});
