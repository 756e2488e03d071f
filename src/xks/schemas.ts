import { z } from 'zod';
import { decodeBase64 } from '../shared/bytes.js';
import { MAX_METADATA_BYTES } from './ciphertext-metadata.js';
import { XksError } from './errors.js';

/** Fields that every operation requires; what is not named here is let through unread. */
export const healthMetadataSchema = z.object({
  kmsRequestId: z.string(),
  kmsOperation: z.string(),
});

/** @see XKS Proxy API, section GetKeyMetadata; `kmsKeyArn` is sent by AWS's test client */
export const keyMetadataSchema = healthMetadataSchema.extend({
  awsPrincipalArn: z.string(),
  kmsKeyArn: z.string().optional(),
  kmsViaService: z.string().optional(),
  awsSourceVpc: z.string().optional(),
  awsSourceVpce: z.string().optional(),
});

/** @see XKS Proxy API, sections Encrypt and Decrypt */
export const cryptographicMetadataSchema = keyMetadataSchema.extend({ kmsKeyArn: z.string() });

/** A field of standard base64; decoded to its bytes. */
export const base64Schema = z.string().transform((text, context) => {
  const bytes = decodeBase64(text);
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: 'custom', message: 'not standard, padded base64' });
  return z.NEVER;
});

/** `ciphertextMetadata`: at most 20 bytes, any vendor's. */
export const ciphertextMetadataSchema = base64Schema.refine(
  (bytes) => bytes.length <= MAX_METADATA_BYTES,
  `longer than ${String(MAX_METADATA_BYTES)} bytes`,
);

/** The only algorithm of version 1. */
export const encryptionAlgorithmSchema = z.literal('AES_GCM');

/**
 * Checks a decoded JSON body against an operation's schema.
 *
 * @throws XksError ValidationException that names the first fields at fault, never their values
 */
export function parseBody<Body>(schema: z.ZodType<Body>, json: unknown): Body {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const faults = result.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.map(String).join('.') || 'body'}: ${issue.message}`);
  throw new XksError('ValidationException', `The request body is invalid: ${faults.join('; ')}.`);
}
