import { z } from 'zod';
import { keyManagerSchema } from './key-managers.js';

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
  state: z.object({
    storeId: z.string(),
    place: z.string(),
    isShared: z.boolean(),
    standing: z.enum(['in-step', 'alone', 'from-copy', 'gone-back', 'stale']),
    applied: z.int(),
    ageMs: z.number(),
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
  waiting: z.array(z.string()).describe('What waits for a person, one sentence each.'),
});

/** Answer of `showStatus`. */
export type Status = z.infer<typeof statusSchema>;

/** Answer of `recoverState`. */
export const recoveredSchema = z.object({
  broughtBack: z.array(z.object({ collection: z.string(), id: z.string() })),
});
