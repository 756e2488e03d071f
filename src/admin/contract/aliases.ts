import { z } from 'zod';
import { externalKeyIdSchema, keyManagerNameSchema, keyStoreNameSchema } from './fields.js';

/** An alias: an external key id that points to a key of the same key store. */
export const aliasSchema = z.object({
  alias: z.string(),
  keyManager: z.string(),
  keyStore: z.string(),
  enabled: z.boolean().describe('False for one that was deleted.'),
  target: z.string().describe('The key that encrypts.'),
  formerTargets: z.array(z.string()).describe('Keys it has pointed to before; the latest first.'),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  movedAt: z.iso.datetime().optional(),
  movedBy: z.string().optional(),
});

/** An alias: an external key id that points to a key of the same key store. */
export type Alias = z.infer<typeof aliasSchema>;

/** Answer of `listAliases`. */
export const aliasListSchema = z.object({ aliases: z.array(aliasSchema) });

/** Body of `createAlias`. */
export const createAliasSchema = z.strictObject({
  alias: externalKeyIdSchema,
  target: externalKeyIdSchema,
  keyStore: keyStoreNameSchema
    .optional()
    .describe('May be absent where one key store alone exposes both.'),
});

/** Body of `moveAlias`. */
export const moveAliasSchema = z.strictObject({ target: externalKeyIdSchema });

/** Path parameters of what is done with one alias. */
export const aliasPathSchema = z.strictObject({ alias: externalKeyIdSchema });

/** Narrows an alias's name to one key manager. */
export const aliasFilterSchema = z.strictObject({ keyManager: keyManagerNameSchema.optional() });
