import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation, seconds } from './operation.js';
import { DAY_MS } from '../../shared/durations.js';

/** Lets a key be deleted when its waiting period is over. Its external key is not touched. */
export const scheduleKeyDeletion = operation({
  name: 'ScheduleKeyDeletion',
  input: z.object({
    KeyId: member.keyId,
    PendingWindowInDays: member.whole(7, 30).default(30),
  }),
  run: async ({ KeyId, PendingWindowInDays }, request, { keys, clock }) => {
    const record = await keys.resolve(KeyId, { ...request, need: 'change' });
    const deletionAt = clock.now() + PendingWindowInDays * DAY_MS;
    await keys.put({ ...record, state: 'PendingDeletion', deletionAt });
    return {
      KeyId: keys.arnOf(record),
      DeletionDate: seconds(deletionAt),
      KeyState: 'PendingDeletion',
      PendingWindowInDays,
    };
  },
});
