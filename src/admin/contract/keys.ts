import { z } from 'zod';
import {
  MAX_DESCRIPTION_CHARACTERS,
  ROTATION_DAYS,
  tagsSchema,
} from '../../external-keys/record.js';
import { importWaySchema } from '../../external-keys/imported.js';
import { KEY_STATES } from '../../external-keys/states.js';
import { isTimeZone } from '../../shared/time-zone.js';
import {
  externalKeyIdSchema,
  keyManagerNameSchema,
  keyStoreNameSchema,
  keyUsageSchema,
} from './fields.js';

/** The period of a rotation by the calendar. */
export const rotationPeriodSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('days'),
    days: z.int().min(ROTATION_DAYS.min).max(ROTATION_DAYS.max),
  }),
  z.strictObject({
    kind: z.enum(['monthly', 'quarterly']),
    timeZone: z.string().refine(isTimeZone, 'must be a time zone such as Europe/Berlin'),
  }),
]);

/** The destruction of a key. */
const destructionSchema = z.object({
  askedAt: z.iso.datetime().optional(),
  askedBy: z.string().optional(),
  waitedDays: z.int().optional(),
  destroyedAt: z.iso.datetime().optional().describe('Absent as long as it is under way.'),
  versions: z.array(z.object({ version: z.int(), materialName: z.string() })),
  masterKeyId: z
    .string()
    .optional()
    .describe('The master key that could open a copy of the material that is left somewhere.'),
});

/** An external key as an administrator sees it. */
export const keySchema = z.object({
  externalKeyId: z.string(),
  keyManager: z.string(),
  keyStores: z.array(z.string()).describe('Key stores that expose the key, in configured order.'),
  usage: keyUsageSchema,
  state: z.enum(KEY_STATES).describe("In KMS's words; Destroyed is ours."),
  enabled: z.boolean().describe('Whether the state is Enabled.'),
  origin: z
    .enum(['generated', 'external', 'found'])
    .describe(
      'Of its material: made here, imported, or of a key that was there before its record.',
    ),
  description: z.string().optional(),
  tags: z.record(z.string(), z.string()),
  aliases: z.array(z.string()).describe('Aliases that point to the key now.'),
  createdBy: z.string().optional(),
  lastRotatedAt: z.iso.datetime().optional(),
  rotation: rotationPeriodSchema.optional().describe('Absent for a key without a schedule.'),
  destruction: destructionSchema.optional().describe('Present for a key that is Destroyed.'),
  nextRotationAt: z.iso
    .datetime()
    .optional()
    .describe('The time of its next rotation by the schedule, if it is Enabled then.'),
  deletionAt: z.iso
    .datetime()
    .optional()
    .describe('The time before which a key that is PendingDeletion is not destroyed.'),
  adopted: z.boolean().describe('Whether Holdfast may destroy a key that it has not made.'),
  underWay: z.string().optional().describe('An act that was begun and is not finished.'),
  begun: z
    .object({
      at: z.iso.datetime(),
      by: z.string(),
      replica: z.string().describe('Its name, or the id of its lease where that has ended.'),
    })
    .optional()
    .describe('When, by whom and on which replica the act under way was begun.'),
  unfinished: z
    .object({ reason: z.string(), advice: z.string() })
    .optional()
    .describe('Why the act under way cannot be finished so far, and what to do about it.'),
  problem: z.string().optional().describe('Why the key is disabled, or cannot encrypt any more.'),
  currentVersion: z.int().optional().describe('Absent where no version can be used.'),
  versions: z.array(
    z.object({
      version: z.int(),
      materialName: z.string().describe('8 bytes in hexadecimal; not secret.'),
      material: z.enum(['present', 'waiting', 'absent']),
      createdAt: z.iso.datetime().optional(),
      encryptions: z.number().optional().describe('Encryptions that may have been made.'),
      expiresAt: z.iso.datetime().optional().describe('The end of its use, of imported material.'),
    }),
  ),
  expiresAt: z.iso
    .datetime()
    .optional()
    .describe('When it lacks imported material. Absent where none of it expires.'),
  wrappingKeys: z
    .array(
      z.object({
        ...importWaySchema.shape,
        validTo: z.iso.datetime(),
        madeBy: z.string(),
      }),
    )
    .describe('Those under which material may still be imported.'),
  createdAt: z.iso.datetime().optional(),
  encryptionsLeft: z
    .number()
    .optional()
    .describe('Encryptions that the current version may still make.'),
});

/** An external key as an administrator sees it. */
export type Key = z.infer<typeof keySchema>;

/** Narrows a listing; with both, a key must satisfy both. */
export const keyFilterSchema = z.strictObject({
  keyStore: keyStoreNameSchema.optional(),
  keyManager: keyManagerNameSchema.optional(),
});

/** Narrows a listing; with both, a key must satisfy both. */
export type KeyFilter = z.infer<typeof keyFilterSchema>;

/** The key managers whose keys may not all be told. */
const gapsSchema = z
  .array(z.object({ keyManager: z.string(), reason: z.string() }))
  .describe('Key managers of which keys or versions may be missing, and why; empty where none is.');

/** The key managers whose keys may not all be told. */
export type ListingGaps = z.infer<typeof gapsSchema>;

/** Answer of `listKeys`. */
export const keyListSchema = z.object({ keys: z.array(keySchema), gaps: gapsSchema });

/** Answer of `showKey`. */
export const shownKeySchema = keySchema.extend({
  gaps: gapsSchema,
  certificate: z
    .string()
    .optional()
    .describe(
      'Of the destruction of the key, or of its imported material that was deleted last: a compact ' +
        'JWS. Absent where there is none.',
    ),
});

/** Answer of `showKey`. */
export type ShownKey = z.infer<typeof shownKeySchema>;

const wordsSchema = {
  description: z.string().max(MAX_DESCRIPTION_CHARACTERS).optional(),
  tags: tagsSchema.optional(),
};

/** Body of `createKey`. */
export const createKeySchema = z.strictObject({
  externalKeyId: externalKeyIdSchema,
  keyStore: keyStoreNameSchema,
  usage: keyUsageSchema,
  origin: z
    .enum(['generated', 'external'])
    .optional()
    .describe('With `external`, the key waits for the import of its material.'),
  ...wordsSchema,
});

/** Body of `createKey`. */
export type CreateKey = z.infer<typeof createKeySchema>;

/** Body of `updateKey`: what is absent stays as it is. */
export const updateKeySchema = z.strictObject(wordsSchema);

/** Body of `scheduleRotation`: without a period, the key is not rotated by the calendar. */
export const scheduleRotationSchema = z.strictObject({ every: rotationPeriodSchema.optional() });

/** Body of `scheduleRotation`. */
export type ScheduleRotation = z.infer<typeof scheduleRotationSchema>;

/** Answer of an act on a key. */
export const changedKeySchema = keySchema.pick({
  externalKeyId: true,
  keyManager: true,
  state: true,
});

/** Answer of `rotateKey`. */
export const rotatedKeySchema = changedKeySchema.extend({
  newestVersion: z
    .int()
    .optional()
    .describe('The new version. Absent where its key manager does not answer just then.'),
  currentVersion: z
    .int()
    .optional()
    .describe('The version that encrypts: an older one where the new one waits for its replicas.'),
});

/** Answer of an act on a key. */
export type ChangedKey = z.infer<typeof changedKeySchema>;

/** Path parameters of `showKey`. */
export const keyPathSchema = z.strictObject({ externalKeyId: externalKeyIdSchema });
