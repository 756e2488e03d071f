import { z } from 'zod';

/** States that a KMS key is kept in; it is Unavailable while its key store is not connected. */
const KEPT_STATES = ['Enabled', 'Disabled', 'PendingDeletion'] as const;

const material = z.strictObject({
  /** 64 hexadecimal digits. */
  id: z.string(),
  /** 32 bytes in Base64. */
  key: z.string(),
  /** In ms since 1970. */
  createdAt: z.number(),
  rotation: z.enum(['AUTOMATIC', 'ON_DEMAND']).optional(),
});

/** A KMS key as it stands in the state folder. */
export const keyRecordSchema = z.strictObject({
  /** UUID. */
  id: z.string(),
  account: z.string(),
  createdAt: z.number(),
  description: z.string(),
  state: z.enum(KEPT_STATES),
  /** Time of its deletion, in ms since 1970. */
  deletionAt: z.number().optional(),
  external: z.strictObject({ customKeyStoreId: z.string(), xksKeyId: z.string() }).optional(),
  /** Oldest first; an external key has one, KMS's own. */
  materials: z.array(material).min(1),
  /** Absent where the key does not rotate by itself. */
  rotation: z.strictObject({ periodDays: z.number(), nextAt: z.number() }).optional(),
  policy: z.string(),
  tags: z.array(z.strictObject({ TagKey: z.string(), TagValue: z.string() })),
});

/** A KMS key, ordinary or of an external key store. */
export type KeyRecord = Readonly<z.infer<typeof keyRecordSchema>>;

/** Material of a KMS key. */
export type Material = KeyRecord['materials'][number];

/** An alias as it stands in the state folder. */
export const aliasRecordSchema = z.strictObject({
  /** Its ARN. */
  id: z.string(),
  name: z.string(),
  account: z.string(),
  targetKeyId: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
});

/** An alias of a KMS key. */
export type AliasRecord = Readonly<z.infer<typeof aliasRecordSchema>>;

/** A grant as it stands in the state folder. */
export const grantRecordSchema = z.strictObject({
  /** 64 hexadecimal digits. */
  id: z.string(),
  keyId: z.string(),
  token: z.string(),
  account: z.string(),
  createdAt: z.number(),
  /** Terms that CreateGrant was given. */
  terms: z.strictObject({
    Name: z.string().optional(),
    GranteePrincipal: z.string().optional(),
    RetiringPrincipal: z.string().optional(),
    GranteeServicePrincipal: z.string().optional(),
    RetiringServicePrincipal: z.string().optional(),
    Operations: z.array(z.string()),
    Constraints: z.record(z.string(), z.unknown()).optional(),
  }),
});

/** A grant on a KMS key. */
export type GrantRecord = Readonly<z.infer<typeof grantRecordSchema>>;
