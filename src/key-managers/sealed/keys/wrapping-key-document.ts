import { z } from 'zod';
import { sealingSchema } from './key-document.js';

/** A wrapping key's name: 128 random bits in hexadecimal. */
const wrappingKeyIdSchema = z.string().regex(/^[0-9a-f]{32}$/);

/** The document of a wrapping key. */
export const wrappingKeySchema = z.strictObject({
  format: z.literal(1),
  wrappingKeyId: wrappingKeyIdSchema,
  createdAt: z.iso.datetime(),
  spec: z.enum(['RSA_2048', 'RSA_3072', 'RSA_4096']),
  sealing: sealingSchema,
  /** Compact JWE over the private key: PKCS #8 in DER. */
  privateKey: z.string(),
});

/** A key pair under which material is wrapped, as it is stored. */
export type WrappingKeyDocument = Readonly<z.infer<typeof wrappingKeySchema>>;

/** The place of wrapping keys. What resolves is durable. */
export interface WrappingKeyPlace {
  /** Writes the document of a new wrapping key. */
  put(document: WrappingKeyDocument): Promise<void>;
  /** @returns undefined where there is none of this name, or one that cannot be read */
  get(wrappingKeyId: string): Promise<WrappingKeyDocument | undefined>;
  list(): Promise<readonly WrappingKeyDocument[]>;
  /** Removes a wrapping key and reads back that it is gone. Does nothing where it is not there. */
  remove(wrappingKeyId: string): Promise<void>;
}

/** Tells whether a text is the name of a wrapping key. */
export function isWrappingKeyId(text: string): boolean {
  return wrappingKeyIdSchema.safeParse(text).success;
}
