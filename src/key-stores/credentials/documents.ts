import { z } from 'zod';
import { scryptParametersSchema } from '../../sealing/scrypt-parameters.js';
import type { CollectionDefinition } from '../../state/collection.js';
import type { UsesDefinition } from '../../state/uses.js';

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

/** Minutes since 1970, by access key id. */
const usesSchema = z.record(z.string(), z.int().min(0).max(MAX_MINUTE));

/** The last uses of a key store's credentials. */
export type KeptUses = Readonly<z.infer<typeof usesSchema>>;

/** A use is forgotten when it is a year, in minutes, older than the latest of the key store. */
const REMEMBERED_MINUTES = 525_600;

/** The last uses of credentials, by key store. */
export const credentialUses: UsesDefinition<KeptUses> = {
  name: 'credential-uses',
  format: { number: 1, schema: usesSchema },
  join(one, other) {
    const latest = new Map(Object.entries(one));
    for (const [id, minute] of Object.entries(other)) {
      latest.set(id, Math.max(minute, latest.get(id) ?? 0));
    }
    const oldest = Math.max(...latest.values()) - REMEMBERED_MINUTES;
    return Object.fromEntries([...latest].filter(([, minute]) => minute > oldest));
  },
};
