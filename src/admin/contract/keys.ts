import { z } from 'zod';
import {
  externalKeyIdSchema,
  keyManagerNameSchema,
  keyStoreNameSchema,
  keyUsageSchema,
} from './fields.js';

/** An external key as an administrator sees it. */
export const keySchema = z.object({
  externalKeyId: z.string(),
  keyManager: z.string(),
  keyStores: z.array(z.string()).describe('Key stores that expose the key, in configured order.'),
  usage: keyUsageSchema,
  enabled: z.boolean(),
  problem: z.string().optional().describe('Why the key is disabled, or cannot encrypt any more.'),
  currentVersion: z.int().optional().describe('Absent where no version can be used.'),
  versions: z.array(
    z.object({
      version: z.int(),
      materialName: z.string().describe('8 bytes in hexadecimal; not secret.'),
    }),
  ),
  createdAt: z.iso.datetime().optional(),
  encryptionsLeft: z
    .number()
    .optional()
    .describe('Encryptions that the current version may still make.'),
});

/** An external key as an administrator sees it. */
export type Key = z.infer<typeof keySchema>;

/** Narrows a listing; with both, a key must satisfy both. */
export const keyFilterSchema = z.strictObject({
  keyStore: keyStoreNameSchema.optional(),
  keyManager: keyManagerNameSchema.optional(),
});

/** Narrows a listing; with both, a key must satisfy both. */
export type KeyFilter = z.infer<typeof keyFilterSchema>;

/** Answer of `listKeys`. */
export const keyListSchema = z.object({ keys: z.array(keySchema) });

/** Body of `createKey`. */
export const createKeySchema = z.strictObject({
  externalKeyId: externalKeyIdSchema,
  keyStore: keyStoreNameSchema,
  usage: keyUsageSchema,
});

/** Body of `createKey`. */
export type CreateKey = z.infer<typeof createKeySchema>;

/** Path parameters of `showKey`. */
export const keyPathSchema = z.strictObject({ externalKeyId: externalKeyIdSchema });
