import { z } from 'zod';
import { isExternalKeyId } from '../../xks/external-key-id.js';

/** An external key id that a key may have. */
export const externalKeyIdSchema = z
  .string()
  .refine(isExternalKeyId, 'must be 1 to 128 characters of A-Z a-z 0-9 . _ -, and no "." or ".."')
  .describe('The name of the key that AWS KMS is given (XksKeyId).');

/** The name of a key store, as a request gives it: the server looks it up. */
export const keyStoreNameSchema = z.string().min(1).max(128).describe('A key store by its name.');

/** The name of a key manager, as a request gives it: the server looks it up. */
export const keyManagerNameSchema = z
  .string()
  .min(1)
  .max(128)
  .describe('A key manager by its name.');

/** The uses that a key allows; empty for a key that allows none. */
export const keyUsageSchema = z
  .array(z.enum(['ENCRYPT', 'DECRYPT']))
  .max(2)
  .refine((usage) => new Set(usage).size === usage.length, 'must not name a usage twice')
  .describe('AWS KMS accepts only a key with both.');
