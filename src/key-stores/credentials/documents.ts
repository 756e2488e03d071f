import { z } from 'zod';
import { scryptParametersSchema } from '../../sealing/scrypt-parameters.js';
import type { CollectionDefinition } from '../../state/collection.js';

/** The longest label of a credential, in characters. */
export const MAX_LABEL_CHARACTERS = 128;
/** Form of an access key id. */
export const ACCESS_KEY_ID = /^[A-Z2-7]{20,30}$/;

const MAX_MINUTE = 2 ** 31;

const accessKeyIdSchema = z.string().regex(ACCESS_KEY_ID);

const credentialSchema = z.strictObject({
  keyStore: z.string().min(1).max(64),
  accessKeyId: accessKeyIdSchema,
  label: z.string().min(1).max(MAX_LABEL_CHARACTERS).optional(),
  createdAt: z.iso.datetime(),
  createdBy: z.string().min(1),
  notBefore: z.iso.datetime().optional(),
  notAfter: z.iso.datetime().optional(),
  disabled: z.boolean(),
  /** The credential in whose place it came. */
  replaces: accessKeyIdSchema.optional(),
  masterKeyId: z.string(),
  scrypt: scryptParametersSchema.optional(),
  /** The secret access key, bound to key store and access key id. */
  sealed: z.string(),
});

/** A credential as the state store keeps it. */
export type KeptCredential = Readonly<z.infer<typeof credentialSchema>>;

/** The credentials that were added at run time, by key store and access key id. */
export const credentialCollection: CollectionDefinition<KeptCredential> = {
  name: 'credentials',
  newest: { number: 1, schema: credentialSchema },
};

/** The id of a credential's document. */
export function credentialDocumentId({
  keyStore,
  accessKeyId,
}: Pick<KeptCredential, 'accessKeyId' | 'keyStore'>): string {
  return `${keyStore}/${accessKeyId}`;
}

const usesSchema = z.strictObject({
  /** Minutes since 1970, by access key id. */
  lastUsed: z.record(z.string(), z.int().min(0).max(MAX_MINUTE)),
});

/** The last uses of a key store's credentials. */
export type KeptUses = Readonly<z.infer<typeof usesSchema>>;

/** The last uses of credentials, a document for each key store. */
export const credentialUses: CollectionDefinition<KeptUses> = {
  name: 'credential-uses',
  newest: { number: 1, schema: usesSchema },
};
