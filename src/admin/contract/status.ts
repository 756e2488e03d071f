import { z } from 'zod';
import { STANDINGS } from '../../state/state.js';
import { keyManagerSchema } from './key-managers.js';
import { lastReloadSchema } from './reload.js';

/** A replica as its lease tells of it. */
const replicaSchema = z.object({
  replica: z.string().describe('Another at every start of its process.'),
  name: z.string(),
  version: z.string(),
  applied: z.int().describe('Revision of the state up to which it has applied every change.'),
  leaseEndsInMs: z.number().describe('0 where the store has not told for as long.'),
});

/** Answer of `showStatus`. */
export const statusSchema = z.object({
  version: z.string(),
  generation: z.object({
    number: z.int().describe('1 is the configuration that the process was started with.'),
    file: z.string(),
    sha256: z.string(),
    since: z.iso.datetime(),
  }),
  lastReload: lastReloadSchema.optional().describe('Absent before the first.'),
  failedReloads: z
    .array(lastReloadSchema)
    .describe(
      'Failures that stand: the last reload of the configuration, and the last of files by themselves.',
    ),
  state: z.object({
    storeId: z.string(),
    place: z.string(),
    isShared: z.boolean(),
    standing: z.enum(STANDINGS),
    applied: z.int(),
    ageMs: z.number(),
    leftAside: z
      .array(z.string())
      .describe('What is in the store and counts for nothing, one sentence each.'),
  }),
  replicas: z.array(replicaSchema).describe('Those with a lease; empty for a store of its own.'),
  keyManagers: z.array(keyManagerSchema),
  audit: z
    .object({
      records: z.int(),
      isInterrupted: z.boolean(),
      sinks: z.array(z.object({ sink: z.string(), behind: z.int() })),
    })
    .optional()
    .describe('Absent where there is no audit log.'),
  webhooks: z
    .array(
      z.object({
        webhook: z.string(),
        queued: z.int().describe('Events that wait for it.'),
        stuckMs: z.number().describe('Time for which it has taken nothing, while events wait.'),
        dropped: z.int().describe('Events that were given up since the start.'),
        problem: z.string().optional().describe('Why the last attempt failed.'),
      }),
    )
    .describe('Those that events are sent to.'),
  waiting: z.array(z.string()).describe('What waits for a person, one sentence each.'),
});

/** Answer of `showStatus`. */
export type Status = z.infer<typeof statusSchema>;

/** Answer of `recoverState`. */
export const recoveredSchema = z.object({
  broughtBack: z.array(z.object({ collection: z.string(), id: z.string() })),
});
