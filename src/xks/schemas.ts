import { z } from 'zod';
import { decodeBase64 } from '../shared/bytes.js';
import { XksError } from './errors.js';

/**
 * Text in Unicode: half of a surrogate pair, at which Cedar gives up, becomes U+FFFD here, so that
 * policies, blocks and records all see the same.
 */
const textSchema = z.string().transform((text) => text.toWellFormed());

/** Fields that every operation requires; what is not named here is let through unread. */
export const healthMetadataSchema = z.object({
  kmsRequestId: textSchema,
  kmsOperation: textSchema,
});

/** @see XKS Proxy API, section GetKeyMetadata; `kmsKeyArn` is sent by AWS's test client */
export const keyMetadataSchema = healthMetadataSchema.extend({
  awsPrincipalArn: textSchema,
  kmsKeyArn: textSchema.optional(),
  kmsViaService: textSchema.optional(),
  awsSourceVpc: textSchema.optional(),
  awsSourceVpce: textSchema.optional(),
});

/** @see XKS Proxy API, sections Encrypt and Decrypt */
export const cryptographicMetadataSchema = keyMetadataSchema.extend({ kmsKeyArn: textSchema });

/** A field of base64 as it is sent; {@link bytesOf} decodes it. */
export const base64Schema = z.string();

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
  const faults = result.error.issues.slice(0, 3).map(({ path, message }) => {
    const name = path.map(String).join('.') || 'body';
    return `${name}: ${isPresent(json, path) ? message : 'is missing'}`;
  });
  throw invalidBody(faults.join('; '));
}

/** True where a body has a field. JSON has no `undefined`. */
function isPresent(json: unknown, path: readonly PropertyKey[]): boolean {
  const found = path.reduce<unknown>(
    (inside, name) =>
      typeof inside === 'object' && inside !== null ? Reflect.get(inside, name) : undefined,
    json,
  );
  return found !== undefined;
}

/**
 * Decodes a field of standard base64.
 *
 * @throws XksError ValidationException that names the field
 */
export function bytesOf(field: string, text: string): Buffer {
  const bytes = decodeBase64(text);
  if (bytes !== undefined) return bytes;
  throw invalidBody(`${field}: not standard, padded base64`);
}

/**
 * The same for a field that may be absent.
 *
 * @param maxBytes of the decoded field
 * @throws XksError ValidationException that names the field
 */
export function optionalBytesOf(
  field: string,
  text: string | undefined,
  maxBytes = Number.POSITIVE_INFINITY,
): Buffer | undefined {
  if (text === undefined) return undefined;
  const bytes = bytesOf(field, text);
  if (bytes.length <= maxBytes) return bytes;
  throw invalidBody(`${field}: longer than ${String(maxBytes)} bytes`);
}

function invalidBody(faults: string): XksError {
  return new XksError('ValidationException', `The request body is invalid: ${faults}.`);
}
