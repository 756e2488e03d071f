import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { keyManagerNameSchema } from './fields.js';

/** Path parameters of what is done with one key manager. */
export const keyManagerPathSchema = z.strictObject({ keyManager: keyManagerNameSchema });

/** A key manager as the server's own checks find it. */
export const keyManagerSchema = z.object({
  name: z.string(),
  nodes: z.array(
    z.object({
      name: z.string(),
      location: z.string(),
      vendor: z.string(),
      model: z.string(),
      status: z.enum(['ACTIVE', 'DEGRADED', 'UNAVAILABLE']),
      detail: z.string().optional().describe('What is wrong; absent where nothing is.'),
    }),
  ),
});

/** Answer of `adoptCounters`. */
export const adoptedCountersSchema = z.object({
  adopted: z.int().describe('Replicas whose counters are in the state store.'),
  replicas: z.int().describe('Replicas by which the limit of encryptions was shared.'),
});

/** Body of `moveKeys`. */
export const moveKeysSchema = z.discriminatedUnion('to', [
  z.strictObject({ to: z.literal('database') }),
  z.strictObject({
    to: z.literal('folder'),
    directory: z
      .string()
      .max(4096)
      .refine(isAbsolute, 'must be an absolute path')
      .describe('Empty, or not there yet.'),
  }),
]);

/** Answer of `moveKeys`. */
export const movedKeysSchema = z.object({
  keys: z.int().describe('Keys that have moved, with the one for health checks.'),
  place: z.string().describe('Where they are now.'),
  isShared: z.boolean().describe('Whether other replicas can use them there.'),
});
