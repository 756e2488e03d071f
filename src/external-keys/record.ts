import { z } from 'zod';
import type { CollectionDefinition } from '../state/collection.js';
import { isExternalKeyId } from '../xks/external-key-id.js';
import {
  doneSchema,
  importedSchema,
  importTokenSchema,
  MAX_IMPORT_TOKENS,
  MAX_IMPORTED_VERSIONS,
  timeSchema,
  versionSchema,
  wrappingKeyIdSchema,
} from './imported.js';
import { KEY_STATES } from './states.js';

/** Bounds of tags and descriptions, as KMS has them. @see AWS KMS API Reference, CreateKey */
export const MAX_DESCRIPTION_CHARACTERS = 8_192;
/** The most tags of a key. */
export const MAX_TAGS = 50;
/** The longest key of a tag, in characters. */
export const MAX_TAG_KEY_CHARACTERS = 128;
/** The longest value of a tag, in characters. */
export const MAX_TAG_VALUE_CHARACTERS = 256;
/** Bounds of a rotation period in days. @see AWS KMS API Reference, EnableKeyRotation */
export const ROTATION_DAYS = { min: 90, max: 2_560, usual: 365 } as const;
/** Bounds of the wait for a deletion. @see AWS KMS API Reference, ScheduleKeyDeletion */
export const WAITING_DAYS = { min: 7, max: 30, usual: 30 } as const;

const externalKeyIdSchema = z.string().refine(isExternalKeyId, 'must be an external key id');

const usageSchema = z.array(z.enum(['ENCRYPT', 'DECRYPT'])).max(2);

/** Tags of a key. @see AWS KMS API Reference, TagResource */
export const tagsSchema = z
  .record(z.string().min(1).max(MAX_TAG_KEY_CHARACTERS), z.string().max(MAX_TAG_VALUE_CHARACTERS))
  .refine((tags) => Object.keys(tags).length <= MAX_TAGS, `at most ${MAX_TAGS} tags`);

const rotationSchema = z.strictObject({
  every: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('days'),
      days: z.int().min(ROTATION_DAYS.min).max(ROTATION_DAYS.max),
    }),
    z.strictObject({ kind: z.enum(['monthly', 'quarterly']), timeZone: z.string().min(1).max(64) }),
  ]),
  /** The time from which periods count. */
  since: timeSchema,
});

/** A waiting period before something is destroyed. */
const waitingSchema = z.strictObject({
  scheduled: doneSchema,
  days: z.int().min(WAITING_DAYS.min).max(WAITING_DAYS.max),
  /** The date at which it ends at the earliest. */
  dueAt: timeSchema,
  /** The measured running time at which it ends at the earliest, in ms of the schedule's clock. */
  dueRanMs: z.number().min(0),
});

const materialNameSchema = z.string().regex(/^[0-9a-f]{16}$/u);

const masterKeyIdSchema = z.string().max(128);

/** A version of key material, as it is remembered when the material is gone. */
const goneVersionSchema = z.strictObject({
  version: versionSchema,
  materialName: materialNameSchema,
});

/** The act that a replica has begun and nobody has finished. */
const intentSchema = z.strictObject({
  act: z.enum([
    ...(['create', 'rotate', 'set-enabled', 'import', 'delete-material'] as const),
    ...(['destroy', 'destroy-version'] as const),
  ]),
  /** The replica that began it, by its lease. */
  replica: z.string(),
  begun: doneSchema,
  /** For `set-enabled`. */
  enabled: z.boolean().optional(),
  /** For `rotate`: the version that encrypted when it began. */
  from: versionSchema.optional(),
  /** For `import`. */
  material: z
    .strictObject({
      version: versionSchema,
      waits: z.boolean(),
      wrappingKeyId: wrappingKeyIdSchema,
      expiresAt: timeSchema.optional(),
    })
    .optional(),
  /** For `destroy-version`. */
  version: versionSchema.optional(),
  /** For `delete-material`. */
  versions: z.array(versionSchema).min(1).max(MAX_IMPORTED_VERSIONS).optional(),
  /** For `delete-material`: the material that was there, for those who are told of its end. */
  materials: z.array(goneVersionSchema).optional(),
  /** For `delete-material`: the master key that the material was sealed under. */
  masterKeyId: masterKeyIdSchema.optional(),
});

/** The destruction that a state store had forgotten, and an audit log has told of. */
const toldSchema = z.strictObject({
  /** The replica whose audit log it is, by the name that the log gives it. */
  replica: z.string().max(256),
  destroyedAt: timeSchema,
  restoredAt: timeSchema,
});

/** The destruction of a key: begun without a way back, or done. */
const destructionSchema = z.strictObject({
  /** The waiting period before it, where it is known. */
  waited: waitingSchema.optional(),
  told: toldSchema.optional(),
  /** The material that the key had when its destruction began. */
  materials: z.array(goneVersionSchema),
  /** The master key that the material was sealed under. */
  masterKeyId: masterKeyIdSchema.optional(),
  /** Present once the material is gone: when, and on whose word. */
  done: doneSchema.optional(),
});

/** A version that is to be destroyed by itself, or was. */
const retirementSchema = z.strictObject({
  ...goneVersionSchema.shape,
  /** Absent where an audit log has told of the destruction. */
  waiting: waitingSchema.optional(),
  told: toldSchema.optional(),
  /** Present once the material is gone. */
  destroyed: doneSchema.optional(),
});

const keySchema = z.strictObject({
  kind: z.literal('key'),
  externalKeyId: externalKeyIdSchema,
  /** Unavailable is no matter of a record. */
  state: z.enum(KEY_STATES).exclude(['Unavailable']),
  /** `found` for a key that was there before its record. */
  origin: z.enum(['generated', 'external', 'found']),
  /** Absent for a key that was found. */
  usage: usageSchema.optional(),
  created: doneSchema.optional(),
  description: z.string().max(MAX_DESCRIPTION_CHARACTERS).optional(),
  tags: tagsSchema.optional(),
  /** Present once an operator has said that no one else uses it, so that it may be destroyed. */
  adopted: doneSchema.optional(),
  lastRotated: doneSchema.optional(),
  rotation: rotationSchema.optional(),
  deletion: waitingSchema.optional(),
  /** Present once the destruction has begun: it stays for ever. */
  destruction: destructionSchema.optional(),
  /** The versions that are to be destroyed by themselves, and those that were. */
  retirements: z.array(retirementSchema).optional(),
  /** The versions of imported material, those that have lost it too, by number. */
  imports: z.array(importedSchema).max(MAX_IMPORTED_VERSIONS).optional(),
  /** The import tokens that nobody has spent, the oldest first. */
  importTokens: z.array(importTokenSchema).max(MAX_IMPORT_TOKENS).optional(),
  intent: intentSchema.optional(),
});

const aliasSchema = z.strictObject({
  kind: z.literal('alias'),
  externalKeyId: externalKeyIdSchema,
  /** The key store that it and its targets belong to. */
  keyStore: z.string().min(1).max(128),
  /** False for one that was deleted: its name is never free again. */
  enabled: z.boolean(),
  created: doneSchema,
  moved: doneSchema.optional(),
  /** The key that encrypts first, then every key that it has pointed to, the latest first. */
  targets: z.tuple([externalKeyIdSchema], externalKeyIdSchema),
});

/** The record of an external key. */
export type KeyRecord = Readonly<z.infer<typeof keySchema>>;

/** The record of an alias. */
export type AliasRecord = Readonly<z.infer<typeof aliasSchema>>;

/** The record of an id of a key manager: a key's or an alias's. */
export type IdRecord = KeyRecord | AliasRecord;

/** An act that was begun. */
export type Intent = NonNullable<KeyRecord['intent']>;

/** The rotation of a key by the calendar. */
export type RotationSchedule = NonNullable<KeyRecord['rotation']>;

/** A version that is to be destroyed by itself, or was. */
export type Retirement = Readonly<z.infer<typeof retirementSchema>>;

/** The waiting period before something is destroyed. */
export type WaitingPeriod = Readonly<z.infer<typeof waitingSchema>>;

/** The records of keys and aliases of every key manager. */
export const externalKeyRecords: CollectionDefinition<IdRecord> = {
  name: 'external-keys',
  tellsDamage: true,
  newest: { number: 1, schema: z.discriminatedUnion('kind', [keySchema, aliasSchema]) },
};

/**
 * The id of a record's document. Ids, aliases and destroyed keys of a key manager share one name
 * space in which case makes no difference, because two documents cannot have one id.
 *
 * @returns at most 193 characters
 */
export function documentIdOf(keyManager: string, externalKeyId: string): string {
  return `${keyManager}/${externalKeyId.toLowerCase()}`;
}
