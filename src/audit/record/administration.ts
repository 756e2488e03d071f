import { z } from 'zod';
import { countSchema, envelope, resultSchema } from './common.js';

/** What an administrator did, or tried to do. */
export const administrativeActSchema = z.strictObject({
  type: z.literal('administrative-act'),
  ...envelope,
  act: z.string().describe('Operation of the admin API: createKey, exportKeyStore …'),
  by: z.string().describe('Who: `admin-socket` for whoever could open the Unix socket.'),
  request: z
    .record(z.string(), z.unknown())
    .describe('Fields of the request, none of them secret.'),
  result: resultSchema,
  errorCode: z.string().optional().describe('Why not: the error code of the admin API.'),
});

const versionSchema = z.strictObject({
  version: countSchema,
  materialName: z.string().describe('Hexadecimal name of the key material.'),
});

const inventoriedKeySchema = z.strictObject({
  externalKeyId: z.string(),
  keyStores: z.array(z.string()).describe('Key stores that expose it.'),
  algorithm: z.literal('AES_256'),
  state: z.enum(['ENABLED', 'DISABLED']),
  usage: z.array(z.enum(['ENCRYPT', 'DECRYPT'])),
  createdAt: z.iso.datetime().optional().describe('Absent where the key manager cannot tell.'),
  currentVersion: countSchema.optional().describe('The version that encrypts.'),
  versions: z.array(versionSchema),
  encryptionsLeft: countSchema
    .optional()
    .describe(
      'What the current version may still encrypt before it is replaced. Absent where nobody counts.',
    ),
  problem: z.string().optional().describe('Why the key is disabled.'),
});

/** The keys that a key manager holds: written at the start and once a day, in as many records as it takes. */
export const keyInventorySchema = z.strictObject({
  type: z.literal('key-inventory'),
  ...envelope,
  keyManager: z.string(),
  part: countSchema.min(1).describe('Number of this record among those of the same inventory.'),
  parts: countSchema.min(1),
  keys: z.array(inventoriedKeySchema),
  problem: z.string().optional().describe('Why the keys could not be listed.'),
});
