import { z } from 'zod';
import { keyStoreNameSchema } from './fields.js';

/** A key store as an administrator sees it: everything but the secrets. */
const keyStoreSchema = z.object({
  name: z.string(),
  uriPath: z.string().describe('What AWS KMS is told as XksProxyUriPath.'),
  keyManager: z.string(),
  region: z.string().optional().describe('The only AWS region whose requests are taken.'),
  accessKeyIds: z
    .array(z.string())
    .describe('The credentials that are valid now, those that were added at run time too.'),
});

/** Answer of `listKeyStores`. */
export const keyStoreListSchema = z.object({ keyStores: z.array(keyStoreSchema) });

/** Path parameters of what is done with one key store. */
export const keyStorePathSchema = z.strictObject({ keyStore: keyStoreNameSchema });

/** Query of `exportKeyStore`. */
export const exportKeyStoreQuerySchema = z.strictObject({
  accessKeyId: z
    .string()
    .regex(/^[A-Z2-7]{20,30}$/, 'must be 20 to 30 characters of A-Z and 2-7')
    .optional()
    .describe('Which credential of those that are valid; without it the first.'),
});

/**
 * The file that the KMS console takes when an external key store is made. Holds a secret.
 *
 * @see XKS Proxy API, section XKS proxy configuration file
 */
export const xksProxyConfigurationSchema = z.object({
  XksProxyUriPath: z.string(),
  XksProxyAuthenticationCredential: z.object({
    AccessKeyId: z.string(),
    RawSecretAccessKey: z.string(),
  }),
});
