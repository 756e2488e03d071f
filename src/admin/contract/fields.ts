import { z } from 'zod';

/**
 * An external key id. `.` and `..` are within the alphabet of KMS, but no key may be called so:
 * in a URL or a file path they would mean a folder.
 *
 * @see XKS Proxy API, section Encrypt, `externalKeyId`
 */
export const externalKeyIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,128}$/, 'must be 1 to 128 characters of A-Z a-z 0-9 . _ -')
  .refine((id) => id !== '.' && id !== '..', 'must not be "." or ".."')
  .describe('The name of the key that AWS KMS is given (XksKeyId).');

/** The name of a key store, as a request gives it: the server looks it up. */
export const keyStoreNameSchema = z.string().min(1).max(128).describe('A key store by its name.');

/** The name of a key manager, as a request gives it: the server looks it up. */
export const keyManagerNameSchema = z
  .string()
  .min(1)
  .max(128)
  .describe('A key manager by its name.');

/** What a key may be used for; empty for a key without any use. */
export const keyUsageSchema = z
  .array(z.enum(['ENCRYPT', 'DECRYPT']))
  .max(2)
  .refine((usage) => new Set(usage).size === usage.length, 'must not name a usage twice')
  .describe('AWS KMS accepts only a key with both.');
