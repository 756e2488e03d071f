import { z } from 'zod';
import { countSchema, envelope, optionalText, resultSchema } from './common.js';

const idSchema = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

const adminSocketSchema = z.strictObject({
  means: z.literal('admin-socket'),
  uid: idSchema
    .optional()
    .describe(
      'User of the process on the other end, by the word of the kernel. Absent where it does not tell: then it was whoever could open the socket.',
    ),
  gid: idSchema.optional().describe('Its group.'),
  processId: countSchema.optional().describe('Its process id.'),
  loginUid: idSchema
    .optional()
    .describe('Who had logged in, whoever the process became afterwards (sudo). Linux alone.'),
  loginUser: optionalText('Name of that user.'),
});

/** An administrative act, or the attempt. */
export const administrativeActSchema = z.strictObject({
  type: z.literal('administrative-act'),
  ...envelope,
  act: z.string().describe('Operation of the admin API: createKey, exportKeyStore …'),
  by: z
    .string()
    .describe(
      'Who: the name of the user; `uid` and the number where the system has no name for it; `admin-socket` where the system does not tell the user.',
    ),
  from: optionalText('Where from: `local` for a process of this machine.'),
  with: z
    .discriminatedUnion('means', [adminSocketSchema])
    .optional()
    .describe('How the administrator was told from others.'),
  externalKeyId: optionalText('The external key that the act is about.'),
  keyStore: optionalText('Name of the key store that the act is about.'),
  request: z
    .record(z.string(), z.unknown())
    .describe(
      'Fields of the request, and of the answer those that tell what was done; none is secret.',
    ),
  result: resultSchema,
  errorCode: optionalText('Why not: the error code of the admin API.'),
});

const versionSchema = z.strictObject({
  version: countSchema,
  materialName: z.string().describe('Hexadecimal name of the key material.'),
});

const inventoriedKeySchema = z.strictObject({
  externalKeyId: z.string(),
  keyStores: z.array(z.string()).describe('Key stores that expose it.'),
  algorithm: z.literal('AES_256'),
  state: z.enum([
    'ENABLED',
    'DISABLED',
    'CREATING',
    'PENDING_IMPORT',
    'PENDING_DELETION',
    'DESTROYED',
    'UNAVAILABLE',
  ]),
  usage: z.array(z.enum(['ENCRYPT', 'DECRYPT'])),
  createdAt: z.iso.datetime().optional().describe('Absent where the key manager cannot tell.'),
  currentVersion: countSchema.optional().describe('The version that encrypts.'),
  versions: z.array(versionSchema),
  encryptionsLeft: countSchema
    .optional()
    .describe(
      'What the current version may still encrypt before it is replaced. Absent where nobody counts.',
    ),
  problem: optionalText('Why the key is disabled.'),
});

/**
 * The keys that a key manager holds: written at the start and once a day, in as many records as it
 * takes.
 */
export const keyInventorySchema = z.strictObject({
  type: z.literal('key-inventory'),
  ...envelope,
  keyManager: z.string(),
  part: countSchema.min(1).describe('Number of this record among those of the same inventory.'),
  parts: countSchema.min(1),
  keys: z.array(inventoriedKeySchema),
  problem: optionalText('Why the keys could not be listed, or some may be missing.'),
});
