import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';
import { resolveOrdinary } from './ordinary-keys.js';

/** Ends the rotation of a key by itself. */
export const disableKeyRotation = operation({
  name: 'DisableKeyRotation',
  input: z.object({ KeyId: member.keyId }),
  run: async ({ KeyId }, request, kms) => {
    const record = await resolveOrdinary(KeyId, request, kms, { need: 'rotate' });
    await kms.keys.put({ ...record, rotation: undefined });
    return {};
  },
});
