import { z } from 'zod';
import { decodeBase64 } from '../shared/bytes.js';

/** Length of the random salt of a passphrase. */
export const SALT_BYTES = 16;

/**
 * The cost of deriving a key from a passphrase: 128 MiB of memory and a third of a second.
 *
 * @see OWASP Password Storage Cheat Sheet, scrypt
 */
export const DEFAULT_SCRYPT_COST = { N: 2 ** 17, r: 8, p: 1 } as const;

/**
 * The parameters of scrypt as they stand in a document. A document is not believed before it is
 * opened, so what it may ask for is listed: nothing cheaper than the default, nothing that takes
 * more than a gigabyte of memory.
 *
 * @see RFC 7914, section 2
 */
export const scryptParametersSchema = z.strictObject({
  salt: z
    .string()
    .refine((text) => decodeBase64(text)?.length === SALT_BYTES, 'must be 16 bytes of base64'),
  N: z.literal([2 ** 17, 2 ** 18, 2 ** 19, 2 ** 20]),
  r: z.literal(8),
  p: z.literal(1),
});

/** Salt (base64) and cost that turned a passphrase into a key. */
export type ScryptParameters = Readonly<z.infer<typeof scryptParametersSchema>>;
