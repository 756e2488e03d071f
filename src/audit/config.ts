import { z } from 'zod';
import {
  bytesField,
  choiceField,
  countField,
  millisecondsField,
  nameField,
  pathField,
  secretField,
  textField,
} from '../configuration/reading/field-types.js';
import { masterKeySchema } from '../sealing/config.js';
import { sinksSchema } from './sinks/config.js';
import { DAY_MS } from '../shared/durations.js';

const MIB = 1024 * 1024;

const signingKeySchema = z
  .union(
    [
      z.strictObject({
        masterKey: masterKeySchema.describe(
          'Holdfast makes a key on the first start, and keeps it in the folder of the log, sealed with this.',
        ),
      }),
      z.strictObject({
        privateKey: secretField(
          /^-----BEGIN PRIVATE KEY-----\n[\s\S]+\n-----END PRIVATE KEY-----$/,
          'an Ed25519 key in PEM (PKCS #8), as `openssl genpkey -algorithm ed25519` makes them',
        ).describe('An Ed25519 key of yours, in PEM (PKCS #8).'),
      }),
    ],
    { error: 'either masterKey, with key or passphrase in it, or privateKey' },
  )
  .describe('What checkpoints are signed with (Ed25519).');

/** The folder of the log, where the configuration says nothing. */
export const DEFAULT_AUDIT_FOLDER = 'audit';

/** The part `audit` of the configuration. */
export const auditSchema = z
  .strictObject({
    directory: pathField()
      .default(DEFAULT_AUDIT_FOLDER)
      .describe('The folder of the log, mode 0700. One running Holdfast a folder.'),
    origin: textField(
      /^[\x21-\x2a\x2c-\x7e]{1,128}$/,
      'a name: 1 to 128 visible ASCII characters without a plus, such as holdfast.example.com/audit-1',
    )
      .optional()
      .describe(
        'The name of this log in its checkpoints, which no other log may have. Fixed when the log is ' +
          'begun; without it, one is made of the host name and a random number. A log that is begun ' +
          'with --init audit in the place of a lost one gets a slash and a random number behind it.',
      ),
    replica: nameField()
      .optional()
      .describe(
        'How records, and the other replicas, name this one; without it, by the host name.',
      ),
    signingKey: signingKeySchema,
    durability: choiceField(['written', 'synced'])
      .default('synced')
      .describe(
        'When an answer may go out: when its record was given to the operating system, so that it ' +
          'outlives this process, or when it is on the disk, so that it outlives a power cut.',
      ),
    lateSync: choiceField(['refuse', 'answer'])
      .default('refuse')
      .describe(
        'With `durability: synced`, when the disk is slow and the deadline comes: refuse the request, or ' +
          'answer it because the operating system has its record, and record how many answers went out ' +
          'before their sync. A power cut in between takes those records.',
      ),
    onAuditFailure: choiceField(['refuse', 'serve'])
      .default('refuse')
      .describe(
        'When records cannot be written: refuse requests and say UNAVAILABLE, or serve them, count ' +
          'them and record the gap afterwards.',
      ),
    checkpoints: z
      .strictObject({
        everyRecords: countField({ min: 1, max: 1_000_000 })
          .default(10_000)
          .describe('After so many records one is signed.'),
        everyMs: millisecondsField({ min: 100, max: DAY_MS })
          .default(60_000)
          .describe('So long after the first record that is not signed yet one is signed.'),
      })
      .prefault({})
      .describe('When the log is signed. It is when the server stops, too.'),
    segments: z
      .strictObject({
        maxBytes: bytesField({ min: 64 * 1024, max: 1024 * MIB })
          .default(64 * MIB)
          .describe('A segment that has grown so large is closed.'),
        maxAgeMs: millisecondsField({ min: 1_000, max: 24 * DAY_MS })
          .default(DAY_MS)
          .describe('A segment that has been written to for so long is closed.'),
        compressAfterMs: millisecondsField()
          .default(3_600_000)
          .describe('So long after it was closed a segment is compressed (gzip).'),
      })
      .prefault({})
      .describe('The files of the log.'),
    retentionDays: countField({ min: 1, max: 36_500 })
      .optional()
      .describe(
        'Closed segments whose last record is older are removed, and a record says which. Without it ' +
          'nothing is removed.',
      ),
    sinks: sinksSchema,
  })
  .describe('The audit trail: a record of every key operation that can be checked by others.');

/** The audit trail as configured; `directory` is absolute. */
export type AuditConfig = z.output<typeof auditSchema>;
