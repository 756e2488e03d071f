import { createHash, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { type AuditConfig, auditSchema } from '../../src/audit/config.js';
import { compressSegments } from '../../src/audit/log/closed-segments.js';
import { type OpenAuditTrail, openAuditTrail } from '../../src/audit/trail/open-trail.js';
import type { Clock } from '../../src/shared/clock.js';
import { formatVerifierKey, noteSigner } from '../../src/transparency-log/signed-note.js';

const ORIGIN = 'xks.example.com/audit-1';
/** The least that the configuration allows, and about 90 key operations. */
const SEGMENT_BYTES = 64 * 1024;
const BATCH = 10;

const { privateKey } = generateKeyPairSync('ed25519');

/** Signs the logs of tests. */
export const auditSigner = noteSigner(ORIGIN, privateKey);

/** The private key of {@link auditSigner}, as a configuration has it. */
export const auditSigningKey = privateKey
  .export({ type: 'pkcs8', format: 'pem' })
  .toString()
  .trim();

/** What an auditor of the tests' logs was given when they were begun. */
export const auditVerifierKey = formatVerifierKey(auditSigner.verifierKey);

/** One run of a server, as far as its audit log notices. */
export interface ServerRun {
  /** The folder of the log. */
  readonly directory: string;
  /** Key operations to be recorded. */
  readonly records: number;
  readonly durability?: AuditConfig['durability'];
  readonly retentionDays?: number;
  /** After so many records a checkpoint is signed. */
  readonly everyRecords?: number;
  /** A segment is closed when it has so many; about 700 a key operation. */
  readonly segmentBytes?: number;
  /** How far the server's clock is ahead of the real one. */
  readonly aheadMs?: number;
}

/**
 * Runs a server from its start to its stop in order. Then the segments that were there before it
 * are compressed.
 */
export async function runServer(run: ServerRun): Promise<void> {
  const startedAt = Date.now();
  await (await startServer(run)).close();
  // Times of files have fractions of a millisecond.
  await compressSegments(run.directory, startedAt + 1);
}

/** Starts a server and lets it record key operations. Whoever calls closes it. */
export async function startServer(run: ServerRun): Promise<OpenAuditTrail> {
  const { directory, records, retentionDays, everyRecords = 50, durability = 'written' } = run;
  const config = auditSchema.parse({
    directory,
    origin: ORIGIN,
    replica: 'replica-1',
    signingKey: { privateKey: auditSigningKey },
    durability,
    checkpoints: { everyRecords },
    ...(retentionDays !== undefined && { retentionDays }),
  });
  if (retentionDays !== undefined) countTimeUntil(directory, Date.now() + (run.aheadMs ?? 0));
  const logger = pino({ level: 'silent' });
  const maxBytes = run.segmentBytes ?? SEGMENT_BYTES;
  // What is compressed does not depend on how fast the test is.
  const segments = { ...config.segments, maxBytes, compressAfterMs: Number.POSITIVE_INFINITY };
  const open = await openAuditTrail(
    { ...config, segments },
    {
      clock: clockAhead(run.aheadMs ?? 0),
      logger,
      stdout: { write: () => undefined },
      init: true,
      version: '0.0.0-test',
    },
  );
  for (let done = 0; done < records; done += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, records - done) }, (_, at) => done + at);
    await Promise.all(batch.map((number) => open.trail.record('key-operation', operation(number))));
  }
  return open;
}

/**
 * Makes a folder as if a server had run up to then: retention does not go by a clock that was set
 * forward.
 */
function countTimeUntil(directory: string, ms: number): void {
  const counted = { format: 1, countedUntil: new Date(ms).toISOString() };
  writeFileSync(join(directory, 'retention-clock.json'), JSON.stringify(counted), { mode: 0o600 });
}

function clockAhead(ms: number): Clock {
  return { now: () => Date.now() + ms, monotonic: () => performance.now() };
}

function operation(number: number) {
  const kmsKey = `1234abcd-12ab-34cd-56ef-${String(number).padStart(12, '0')}`;
  return {
    kmsRequestId: `4112f4d6-db54-4af4-ae30-${String(number).padStart(12, '0')}`,
    operation: number % 2 === 0 ? 'Encrypt' : 'Decrypt',
    kmsOperation: 'GenerateDataKey',
    keyStore: 'payments-zürich',
    externalKeyId: 'key-1',
    kmsKeyArn: `arn:aws:kms:eu-central-2:123456789012:key/${kmsKey}`,
    awsPrincipalArn: 'arn:aws:iam::123456789012:role/payments',
    clientAddress: '192.0.2.10',
    authorization: { decision: 'allowed', by: 'exposes' },
    keyManager: 'hsm',
    node: 'hsm-1',
    location: 'Zürich',
    result: 'success',
    status: 200,
    durationUs: 1_000 + number,
    ciphertextSha256: createHash('sha256').update(String(number)).digest('base64'),
  } as const;
}
