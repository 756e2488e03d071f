import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';
import { resolveOrdinary } from './ordinary-keys.js';
import { DAY_MS } from '../../shared/durations.js';

/** Lets an ordinary key rotate by itself. */
export const enableKeyRotation = operation({
  name: 'EnableKeyRotation',
  input: z.object({
    KeyId: member.keyId,
    RotationPeriodInDays: member.whole(90, 2560).default(365),
  }),
  run: async ({ KeyId, RotationPeriodInDays }, request, kms) => {
    const record = await resolveOrdinary(KeyId, request, kms, { need: 'rotate' });
    const nextAt = kms.clock.now() + RotationPeriodInDays * DAY_MS;
    await kms.keys.put({ ...record, rotation: { periodDays: RotationPeriodInDays, nextAt } });
    return {};
  },
});
