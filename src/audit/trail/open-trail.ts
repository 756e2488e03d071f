import { hostname } from 'node:os';
import { removeTemporaryFiles } from '../../durable/atomic-write.js';
import { type FolderLock, lockFolder } from '../../durable/folder-lock.js';
import { namesIn } from '../../durable/names-in.js';
import { assertPrivateFolder, makePrivateFolder } from '../../durable/private.js';
import type { LogDestination } from '../../observability/log-destination.js';
import type { Logger } from '../../observability/logger.js';
import type { AuditSample } from '../../observability/state-gauges.js';
import type { Clock } from '../../shared/clock.js';
import { formatVerifierKey, type NoteSigner } from '../../transparency-log/signed-note.js';
import type { AuditConfig } from '../config.js';
import type { Durability } from '../log/append-only-file.js';
import { AuditLog } from '../log/audit-log.js';
import type { LogListener } from '../log/log-options.js';
import { type OpenedLog, openLog } from '../log/open-log.js';
import { Payloads } from '../log/payloads.js';
import { UnusableLogError } from '../log/unusable-log.js';
import { startOf } from '../read/public-key.js';
import type { SegmentStart } from '../read/segment-replay.js';
import { listSegments, type Segment } from '../read/segments.js';
import { UnreadableError } from '../read/unreadable.js';
import { originOfLog, signingKeyOf } from '../signing-key.js';
import { createSinks } from '../sinks/create.js';
import type { AuditSink } from '../sinks/sink.js';
import { AuditTrail } from './audit-trail.js';
import { Housekeeping } from './housekeeping.js';

/** What an audit trail is opened with. */
export interface AuditPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** For sinks that go there. */
  readonly stdout: LogDestination;
  /** Whether an empty or missing folder may be made the folder of a log. */
  readonly init: boolean;
  /** The operator's reason to take over an unsigned tail that no crash can have left. */
  readonly acceptUnsignedTail?: string | undefined;
  /** True when a log that is begun follows one that was lost, and so must not have its name. */
  readonly followsLostLog?: boolean;
  /** Version of Holdfast. */
  readonly version: string;
}

/** An audit trail at work. */
export interface OpenAuditTrail {
  readonly trail: AuditTrail;
  /** What verifies its checkpoints; begins with the name of the log. */
  readonly publicKey: string;
  /** For metrics. */
  sample(): AuditSample;
  /**
   * Records that the server stops, signs the log, closes it, and lets another process have the
   * folder.
   */
  close(): Promise<void>;
}

/**
 * Opens the log, says in it that the server starts, and keeps it, locked, until `close()`.
 *
 * @throws UnusableLogError, NotPrivateError, FolderInUseError, SealingError, or the file system's error
 */
export async function openAuditTrail(
  config: AuditConfig,
  ports: AuditPorts,
): Promise<OpenAuditTrail> {
  const { directory } = config;
  if (ports.init) await makePrivateFolder(directory);
  else await assertBegun(directory);
  await assertPrivateFolder(directory);
  const lock = await lockFolder(directory);
  try {
    await removeTemporaryFiles(directory);
    return await begin(config, ports, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function begin(
  config: AuditConfig,
  ports: AuditPorts,
  lock: FolderLock,
): Promise<OpenAuditTrail> {
  const { directory, segments, retentionDays, onAuditFailure, lateSync } = config;
  const { clock, logger, version } = ports;
  const payloads = new Payloads(config.replica ?? hostname(), clock);
  const sinks: AuditSink[] = [];
  const listener = toSinks(sinks, logger);
  const { log, recovery, newestRecordAt, publicKey } = await openAuditLog(config, payloads, {
    ...ports,
    listener,
  });
  const trail = new AuditTrail({ log, payloads, clock, logger, onAuditFailure, lateSync });
  listener.inDoubt = listener.full = (error) => {
    trail.interruptedBy(error);
  };
  try {
    sinks.push(...makeSinks(config, ports, trail));
    await log.takeReserve().catch((error: unknown) => {
      logger.warn({ err: error }, 'the disk has no room that the audit log could keep for itself');
    });
    await recordRecovery(trail, log, { recovery, ...ports });
    await trail.record('start', {
      version,
      nodeVersion: process.version,
      processId: process.pid,
    });
  } catch (error) {
    await log.close();
    await Promise.all(sinks.map((sink) => sink.close()));
    throw error;
  }
  const housekeeping = new Housekeeping({
    directory,
    newestRecordAt,
    compressAfterMs: segments.compressAfterMs,
    openSegment: () => log.openSegment,
    retentionDays,
    clock,
    logger,
    recordRetention: async (fields) => {
      await trail.record('retention', fields);
      if (!(await log.sign())) throw new Error('the record of the retention could not be signed');
    },
  });
  return {
    trail,
    publicKey,
    sample: () => ({
      records: log.size,
      isInterrupted: trail.isInterrupted,
      sinks: sinks.map(({ name, behind }) => ({ sink: name, behind })),
    }),
    async close() {
      await housekeeping.stop();
      try {
        await trail.close();
      } finally {
        await Promise.allSettled(sinks.map((sink) => sink.close()));
        await lock.release();
      }
    },
  };
}

/**
 * Names what was taken over before it is signed, and signs it at once: the next start finds nothing
 * of it.
 */
async function recordRecovery(
  trail: AuditTrail,
  log: AuditLog,
  {
    recovery,
    logger,
    acceptUnsignedTail,
  }: Pick<AuditPorts, 'logger' | 'acceptUnsignedTail'> & Pick<OpenedLog, 'recovery'>,
): Promise<void> {
  if (acceptUnsignedTail !== undefined && recovery?.accepted === undefined) {
    logger.warn(
      'There is no unsigned tail to accept. Start without --accept-unsigned-tail: it would accept the next one, too.',
    );
  }
  if (recovery === undefined) return;
  logger.warn(recovery, 'the audit log had not been closed and is continued');
  await trail.record('recovery', recovery);
  if ((await log.sign()) || recovery.accepted === undefined) return;
  throw new UnusableLogError('The records that were accepted could not be signed.');
}

function makeSinks(
  { directory, sinks }: AuditConfig,
  { clock, logger, stdout }: AuditPorts,
  trail: AuditTrail,
): readonly AuditSink[] {
  return createSinks(sinks, {
    directory,
    clock,
    logger,
    stdout,
    onGap: (sink, firstSequence, lastSequence) => {
      trail.recordLater('sink-gap', { sink, firstSequence, lastSequence });
    },
  });
}

function toSinks(
  sinks: readonly AuditSink[],
  logger: Logger,
): { -readonly [Name in keyof LogListener]: LogListener[Name] } {
  return {
    committed(lines) {
      for (const sink of sinks) sink.committed(lines);
    },
    checkpoint(note) {
      for (const sink of sinks) sink.checkpoint(note);
    },
    failed(error) {
      logger.error({ err: error }, 'the audit log could not be signed');
    },
    inDoubt(error) {
      logger.error({ err: error }, 'the audit log could not be brought to the disk');
    },
    full(error) {
      logger.error({ err: error }, 'the disk of the audit log is full');
    },
  };
}

async function openAuditLog(
  config: AuditConfig,
  payloads: Payloads,
  {
    clock,
    listener,
    acceptUnsignedTail,
    followsLostLog = false,
  }: Pick<AuditPorts, 'clock' | 'acceptUnsignedTail' | 'followsLostLog'> & {
    readonly listener: LogListener;
  },
) {
  const { directory, segments, checkpoints } = config;
  const durability = durabilityOf(config);
  const signer = await signerOf(config, followsLostLog);
  const { position, recovery, newestRecordAt } = await openLog({
    directory,
    durability,
    key: signer.verifierKey,
    ...checkpoints,
    clock,
    acceptUnsignedTail,
  });
  const log = new AuditLog(
    { directory, durability, segments, checkpoints, signer, payloads, clock, listener },
    position,
  );
  return { log, recovery, newestRecordAt, publicKey: formatVerifierKey(signer.verifierKey) };
}

/** Whoever wants answers before a late sync must know of a record's two steps. */
function durabilityOf({ durability, lateSync }: AuditConfig): Durability {
  return durability === 'synced' && lateSync === 'answer' ? 'synced-apart' : durability;
}

async function signerOf(
  { directory, origin, signingKey }: AuditConfig,
  followsLostLog: boolean,
): Promise<NoteSigner> {
  const last = (await listSegments(directory)).at(-1);
  const begun = last && (await startIfReadable(last))?.record.origin;
  return signingKeyOf(signingKey, {
    directory,
    origin: originOfLog(origin, { begun, followsLostLog }),
    exists: last !== undefined,
    followsLostLog,
  });
}

/**
 * Reads how a segment begins. What is wrong with one that cannot be read is for opening the log to
 * say.
 */
async function startIfReadable(segment: Segment): Promise<SegmentStart | undefined> {
  try {
    return await startOf(segment);
  } catch (error) {
    if (error instanceof UnreadableError) return undefined;
    throw error;
  }
}

/**
 * An empty folder where a log should be is a volume that is not mounted, more often than a first
 * start.
 */
async function assertBegun(directory: string): Promise<void> {
  if ((await namesIn(directory)).some((name) => name.endsWith('.jsonl'))) return;
  throw new UnusableLogError(
    `There is no audit log in ${directory}. If this is the first start, start with --init; otherwise a volume may not be mounted.`,
  );
}
