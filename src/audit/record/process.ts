import { z } from 'zod';
import { countSchema, envelope, optionalText, sha256Schema, timeSchema } from './common.js';

/** The record that says that a server has begun to use the log. */
export const startSchema = z.strictObject({
  type: z.literal('start'),
  ...envelope,
  version: z.string().describe('Version of Holdfast.'),
  nodeVersion: z.string().describe('Version of Node.js.'),
  processId: countSchema,
});

/** The record that says that the server has stopped in order: nothing is missing before it. */
export const stopSchema = z.strictObject({
  type: z.literal('stop'),
  ...envelope,
});

const keyManagerSchema = z.strictObject({
  name: z.string(),
  type: z.string(),
  nodes: z.array(z.strictObject({ name: z.string(), location: z.string() })),
});

const keyStoreSchema = z.strictObject({
  name: z.string(),
  uriPath: z.string(),
  keyManager: z.string(),
  region: z.string().optional(),
  accessKeyIds: z.array(z.string()),
});

const auditSettingsSchema = z.strictObject({
  durability: z.enum(['written', 'synced']),
  onAuditFailure: z.enum(['refuse', 'serve']),
  retentionDays: countSchema.optional().describe('Absent where nothing is removed.'),
  sinks: z.array(
    z.strictObject({ name: z.string(), type: z.string(), carries: z.array(z.string()) }),
  ),
});

const settingSchema = z.strictObject({
  path: z
    .string()
    .describe(
      'Where it stands, entries of lists by their names: `keyStores[payroll].exposes`. A list of values has so many settings of one path.',
    ),
  value: z
    .union([
      z.string().describe('A text.'),
      z.number().describe('A number.'),
      z.boolean().describe('A flag.'),
    ])
    .describe('Of a secret, the reference in the configuration, or `[secret]` without one.'),
});

/**
 * The record of the configuration that is in force from here on, in as many records as it takes.
 */
export const configurationRecordSchema = z.strictObject({
  type: z.literal('configuration'),
  ...envelope,
  file: z.string().describe('Path of the configuration file.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe(
      'SHA-256 of the configuration in force, defaults included and secrets left out; hexadecimal.',
    ),
  generation: countSchema
    .min(1)
    .optional()
    .describe(
      '1 is what the process was started with; each reload that changes something is next.',
    ),
  trigger: z
    .enum(['start', 'signal', 'command', 'files'])
    .optional()
    .describe('What put it in force: the start, SIGHUP, `holdfast reload`, or files that changed.'),
  audit: auditSettingsSchema,
  state: z
    .strictObject({
      type: z.string(),
      id: z
        .string()
        .regex(/^[0-9a-f]{32}$/)
        .describe('The id of the store: another one knows nothing of what was changed in it.'),
    })
    .optional()
    .describe('The state store. Absent in records of versions that had none.'),
  keyManagers: z.array(keyManagerSchema),
  keyStores: z.array(keyStoreSchema),
  part: countSchema
    .min(1)
    .optional()
    .describe('Number of this record among those of the same configuration.'),
  parts: countSchema.min(1).optional(),
  settings: z
    .array(settingSchema)
    .optional()
    .describe('Everything that the configuration says, defaults included and secrets left out.'),
});

const setAsideSchema = z.strictObject({
  file: z.string().describe('Name of the file since, in the folder of the log.'),
  bytes: countSchema.describe('Its length.'),
  sha256: sha256Schema,
  sizes: z
    .array(countSchema)
    .optional()
    .describe('Sizes of the genuine checkpoints in it, where it had been a file of checkpoints.'),
});

/** The record of a start after a crash: the log is continued although nobody had closed it. */
export const recoverySchema = z.strictObject({
  type: z.literal('recovery'),
  ...envelope,
  tornBytes: countSchema.describe(
    'Bytes after the last whole record, which were cut off and kept in a file `.cut-at-…` beside the segment.',
  ),
  tornSha256: sha256Schema.optional().describe('SHA-256 of those bytes.'),
  unsignedFirst: countSchema
    .optional()
    .describe(
      'The first of the records that nothing had been signed for when the server started, and that it took over as they were.',
    ),
  unsignedLast: countSchema.optional().describe('The last of those records.'),
  accepted: optionalText(
    'The words with which an operator accepted those records, where a crash cannot have left so many unsigned (`--accept-unsigned-tail`).',
  ),
  setAside: z
    .array(setAsideSchema)
    .optional()
    .describe('Files that were renamed, because they are not what the server writes.'),
});

/** The record of a time in which the log could not be written. */
export const gapSchema = z.strictObject({
  type: z.literal('gap'),
  ...envelope,
  from: timeSchema.describe('When the first record could not be written.'),
  to: timeSchema.describe('When the log could be written again.'),
  reason: z.string().describe('The failure of the file system: ENOSPC, EIO … or `slow`.'),
  refused: countSchema.describe('Requests that were refused because of it, and have no record.'),
  served: countSchema.describe(
    'Requests that were answered without a record, as `onAuditFailure: serve` allows.',
  ),
});

/** The record of a time in which syncs came too late, and answers went out before them. */
export const lateSyncSchema = z.strictObject({
  type: z.literal('late-sync'),
  ...envelope,
  from: timeSchema.describe('When the first of these answers went out.'),
  to: timeSchema.describe('When the records of all of them were on the disk.'),
  answers: countSchema.describe(
    'Answers that went out when their records were written and not yet on the disk, as `lateSync: answer` allows.',
  ),
});

/**
 * The record of unauthenticated requests that were counted instead of recorded, so that strangers
 * cannot fill the disk.
 */
export const omittedSchema = z.strictObject({
  type: z.literal('omitted'),
  ...envelope,
  from: timeSchema,
  to: timeSchema,
  count: countSchema,
  byErrorName: z.record(z.string(), countSchema).describe('How many of them were answered how.'),
});

/** The first record of a segment: what a verifier needs in order to begin here. */
export const segmentSchema = z.strictObject({
  type: z.literal('segment'),
  ...envelope,
  origin: z.string().describe('The name of the log in its checkpoints.'),
  publicKey: z
    .string()
    .describe(
      'Verifier key of the checkpoints (C2SP signed-note): for looking up, not for trusting.',
    ),
  frontier: z
    .array(sha256Schema)
    .describe(
      'Roots of the perfect subtrees that cover all the records before, from left to right: the sizes are the powers of two of `sequence`, largest first.',
    ),
  segmentBefore: z
    .strictObject({
      firstSequence: countSchema.describe('Its first record.'),
      earliest: timeSchema.describe('The earliest `time` of its records.'),
      latest: timeSchema.describe('The latest `time` of its records.'),
    })
    .optional()
    .describe(
      'The segment before this one: a search for a period need not read it where it holds nothing of that. Absent in record 0, and in logs of 0.1.',
    ),
});

/** The record of old segments that are removed, as the retention that is configured has it. */
export const retentionSchema = z.strictObject({
  type: z.literal('retention'),
  ...envelope,
  firstSequence: countSchema.describe('The first record that was removed.'),
  lastSequence: countSchema.describe('The last record that was removed.'),
});

/** The record of records that were left out for a sink that fell too far behind. */
export const sinkGapSchema = z.strictObject({
  type: z.literal('sink-gap'),
  ...envelope,
  sink: z.string().describe('Name of the sink.'),
  firstSequence: countSchema.describe('The first record that the sink did not get.'),
  lastSequence: countSchema.describe('The last record that the sink did not get.'),
});
