import { z } from 'zod';
import { MIN_UNUSED_DAYS, WAITING_DAYS } from './bounds.js';
import { changedKeySchema, keyFilterSchema, keyPathSchema } from './keys.js';
import type { AdminRoute } from './route.js';

/** Body of `scheduleDeletion`. */
const scheduleDeletionSchema = z.strictObject({
  days: z.int().min(WAITING_DAYS.min).max(WAITING_DAYS.max),
});

const versionSchema = z.int().min(1);

/** Body of `cancelDeletion`: of a version alone, where it names one. */
const cancelDeletionSchema = z.strictObject({ version: versionSchema.optional() });

/** Answer of `scheduleDeletion`. */
const scheduledDeletionSchema = changedKeySchema.extend({
  deletionAt: z.iso.datetime().describe('Not before this time, and this much running time.'),
});

/** Answer of `showKeyUsers`. */
export const keyUsersSchema = z.object({
  from: z.iso
    .datetime()
    .describe('The time from which records were looked at: 90 days ago, or when the log begins.'),
  aliases: z.array(z.string()).describe('Aliases that point to the key now.'),
  formerAliases: z
    .array(z.string())
    .describe('Aliases that have pointed to it before: ciphertexts of that time need the key.'),
  auditLog: z
    .enum(['read', 'read-in-part', 'none', 'unreadable'])
    .describe("This replica's own: none where the configuration has none."),
  problems: z.array(z.string()).describe('Why not all could be read.'),
  unreadReplicas: z.array(z.string()).describe('Other replicas, whose logs were not looked at.'),
  users: z.array(
    z.object({
      awsPrincipalArn: z.string().optional(),
      kmsViaService: z.string().optional(),
      operation: z.string(),
      requests: z.int().min(1),
      lastAt: z.iso.datetime(),
    }),
  ),
});

/** Answer of `showKeyUsers`. */
export type KeyUsers = z.infer<typeof keyUsersSchema>;

const spanSchema = z
  .object({ first: z.iso.datetime(), last: z.iso.datetime() })
  .describe('To the minute.');

/** Answer of `listKeyVersions`. */
export const keyVersionsSchema = z.object({
  externalKeyId: z.string(),
  keyManager: z.string(),
  usesKnownSince: z.iso
    .datetime()
    .optional()
    .describe('Every use since then is known. Absent while one may not be known.'),
  gaps: z.array(z.string()).describe('Why not every use is known.'),
  versions: z.array(
    z.object({
      version: z.int(),
      materialName: z.string().describe('8 bytes in hexadecimal; not secret.'),
      material: z.enum(['present', 'waiting', 'absent', 'pending-deletion', 'destroyed']),
      isCurrent: z.boolean(),
      createdAt: z.iso.datetime().optional(),
      encryptions: z.number().optional().describe('Encryptions that may have been made.'),
      encrypted: spanSchema.optional().describe('First and last use; absent where none is known.'),
      decrypted: spanSchema.optional().describe('First and last use; absent where none is known.'),
      deletionAt: z.iso.datetime().optional(),
      destroyedAt: z.iso.datetime().optional(),
    }),
  ),
});

/** Answer of `listKeyVersions`. */
export type KeyVersions = z.infer<typeof keyVersionsSchema>;

/** Body of `retireKeyVersion`. */
const retireSchema = z.strictObject({
  version: versionSchema,
  unusedDays: z.int().min(MIN_UNUSED_DAYS),
  days: z.int().min(WAITING_DAYS.min).max(WAITING_DAYS.max),
});

/** Body of `checkDestruction`: what is to be destroyed, as the act itself would be told. */
const destructionSchema = z.discriminatedUnion('what', [
  scheduleDeletionSchema.extend({ what: z.literal('key') }),
  retireSchema.extend({ what: z.literal('version') }),
  z.strictObject({ what: z.literal('imported-material') }),
]);

/** Answer of `showCertificate`. */
const certificateSchema = z.object({ jws: z.string().describe('Compact JWS, signed EdDSA.') });

const onKey = { pathParameters: keyPathSchema, query: keyFilterSchema };
const NAMES = ['externalKeyId', 'keyStore', 'keyManager'] as const;

/** The calls about the deletion of keys. */
export const deletionRoutes = {
  scheduleDeletion: {
    summary: 'Lets a key wait for its destruction. Nobody can use it from then on.',
    method: 'POST',
    path: '/v1/keys/:externalKeyId/schedule-deletion',
    request: z.object({ ...onKey, body: scheduleDeletionSchema }),
    logged: [...NAMES, 'days'],
    isAct: true,
    status: 200,
    answer: scheduledDeletionSchema,
  },
  cancelDeletion: {
    summary: 'Cancels the deletion of a key, which is Disabled afterwards, or of a version.',
    method: 'POST',
    path: '/v1/keys/:externalKeyId/cancel-deletion',
    request: z.object({ ...onKey, body: cancelDeletionSchema }),
    logged: [...NAMES, 'version'],
    isAct: true,
    status: 200,
    answer: changedKeySchema,
  },
  listKeyVersions: {
    summary: 'The versions of a key: what they have made, and when they were used.',
    method: 'GET',
    path: '/v1/keys/:externalKeyId/versions',
    request: z.object(onKey),
    logged: NAMES,
    isAct: false,
    status: 200,
    answer: keyVersionsSchema,
  },
  retireKeyVersion: {
    summary: 'Lets a version that nothing uses wait for its destruction.',
    method: 'POST',
    path: '/v1/keys/:externalKeyId/retire-version',
    request: z.object({ ...onKey, body: retireSchema }),
    logged: [...NAMES, 'version', 'unusedDays', 'days'],
    isAct: true,
    status: 200,
    answer: scheduledDeletionSchema,
  },
  checkDestruction: {
    summary: 'Says whether something may be destroyed now, before a person is asked to confirm it.',
    method: 'POST',
    path: '/v1/keys/:externalKeyId/check-destruction',
    request: z.object({ ...onKey, body: destructionSchema }),
    logged: [...NAMES, 'what', 'version', 'unusedDays', 'days'],
    isAct: false,
    status: 200,
    answer: changedKeySchema,
  },
  showKeyUsers: {
    summary: "What has used a key in the last 90 days, by this replica's audit log.",
    method: 'GET',
    path: '/v1/keys/:externalKeyId/users',
    request: z.object(onKey),
    logged: NAMES,
    isAct: false,
    status: 200,
    answer: keyUsersSchema,
    isLong: true,
  },
  showCertificate: {
    summary: 'The certificate of destruction of a key, or of a version of it.',
    method: 'GET',
    path: '/v1/keys/:externalKeyId/certificate',
    request: z.object({
      pathParameters: keyPathSchema,
      query: keyFilterSchema.extend({
        version: z
          .string()
          .regex(/^[1-9][0-9]{0,9}$/)
          .optional(),
      }),
    }),
    logged: [...NAMES, 'version'],
    isAct: false,
    status: 200,
    answer: certificateSchema,
  },
} as const satisfies Record<string, AdminRoute>;
