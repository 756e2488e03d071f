import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation, seconds } from './operation.js';
import { resolveOrdinary } from './ordinary-keys.js';

/** Tells whether and when a key rotates by itself. */
export const getKeyRotationStatus = operation({
  name: 'GetKeyRotationStatus',
  input: z.object({ KeyId: member.keyId }),
  run: async ({ KeyId }, request, kms) => {
    const record = await resolveOrdinary(KeyId, request, kms, { need: 'change' });
    const { rotation } = record;
    return {
      KeyRotationEnabled: rotation !== undefined,
      KeyId: kms.keys.arnOf(record),
      ...(rotation === undefined
        ? {}
        : {
            RotationPeriodInDays: rotation.periodDays,
            NextRotationDate: seconds(rotation.nextAt),
          }),
    };
  },
});
