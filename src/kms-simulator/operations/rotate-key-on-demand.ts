import { z } from 'zod';
import { KmsException } from '../exceptions.js';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';
import { resolveOrdinary } from './ordinary-keys.js';

/** @see AWS KMS API Reference, RotateKeyOnDemand */
const MAX_ON_DEMAND = 25;

/** Gives an ordinary key new material at once. */
export const rotateKeyOnDemand = operation({
  name: 'RotateKeyOnDemand',
  input: z.object({ KeyId: member.keyId }),
  run: async ({ KeyId }, request, kms) => {
    const record = await resolveOrdinary(KeyId, request, kms, { need: 'rotate' });
    const made = record.materials.filter(({ rotation }) => rotation === 'ON_DEMAND').length;
    if (made >= MAX_ON_DEMAND) {
      throw new KmsException(
        'LimitExceededException',
        `A key can be rotated on demand ${String(MAX_ON_DEMAND)} times.`,
      );
    }
    await kms.keys.rotate(record, 'ON_DEMAND');
    return { KeyId: kms.keys.arnOf(record) };
  },
});
