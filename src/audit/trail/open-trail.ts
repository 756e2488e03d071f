import { hostname } from 'node:os';
import { removeTemporaryFiles } from '../../durable/atomic-write.js';
import { type FolderLock, lockFolder } from '../../durable/folder-lock.js';
import { namesIn } from '../../durable/names-in.js';
import { assertPrivateFolder, makePrivateFolder } from '../../durable/private.js';
import type { LogDestination } from '../../observability/log-destination.js';
import type { Logger } from '../../observability/logger.js';
import type { AuditSample } from '../../observability/state-gauges.js';
import type { Clock } from '../../shared/clock.js';
import type { AuditConfig } from '../config.js';
import type { AuditLog } from '../log/audit-log.js';
import type { LogListener } from '../log/log-ports.js';
import type { OpenedLog } from '../log/open-log.js';
import { Payloads } from '../log/payloads.js';
import { UnusableLogError } from '../log/unusable-log.js';
import { type Statements, statementsOf } from '../statements.js';
import { SinkSet } from '../sinks/sink-set.js';
import { AuditTrail } from './audit-trail.js';
import { Housekeeping } from './housekeeping.js';
import { openAuditLog } from './open-audit-log.js';

/** The parts that an audit trail is opened with. */
export interface AuditPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Standard output, for sinks that write to it. */
  readonly stdout: LogDestination;
  /** True where an empty or missing folder may become the folder of a log. */
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
  /** The verifier key of its checkpoints; begins with the name of the log. */
  readonly publicKey: string;
  /** Statements that the same key signs. */
  readonly statements: Statements;
  /** Sends copies of the log to other sinks from now on. Those that are configured alike go on. */
  changeSinks(configs: AuditConfig['sinks']): void;
  /** Takes a sample of the trail for metrics. */
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
 * @throws UnusableLogError, NotPrivateError, FolderInUseError, SealingError, or the file system's
 *   error
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
  const { onAuditFailure, lateSync } = config;
  const { clock, logger } = ports;
  const payloads = new Payloads(config.replica ?? hostname(), clock);
  const sinks = new SinkSet({
    directory: config.directory,
    clock,
    logger,
    stdout: ports.stdout,
    onGap: (sink, firstSequence, lastSequence) => {
      trail.recordLater('sink-gap', { sink, firstSequence, lastSequence });
    },
  });
  let newestNote: string | undefined;
  const listener = listenerOf(sinks, logger, {
    interrupt: (error) => {
      trail.interruptedBy(error);
    },
    signed: (note) => {
      newestNote = note;
    },
  });
  const { log, recovery, newestRecordAt, publicKey, signer } = await openAuditLog(
    config,
    payloads,
    {
      ...ports,
      listener,
    },
  );
  const trail = new AuditTrail({ log, payloads, clock, logger, onAuditFailure, lateSync });
  try {
    sinks.changeTo(config.sinks);
    await log.takeReserve().catch((error: unknown) => {
      logger.warn({ err: error }, 'the disk has no room that the audit log could keep for itself');
    });
    await recordRecovery(trail, log, { recovery, ...ports });
    await recordStart(trail, ports);
  } catch (error) {
    await log.close();
    await sinks.close();
    throw error;
  }
  const housekeeping = keepHouse(config, ports, { log, trail, newestRecordAt });
  return {
    trail,
    publicKey,
    statements: statementsOf(signer, async () => {
      await log.sign();
      return newestNote;
    }),
    changeSinks: (configs) => {
      sinks.changeTo(configs);
    },
    sample: () => ({
      records: log.size,
      isInterrupted: trail.isInterrupted,
      sinks: sinks.all.map(({ name, behind }) => ({ sink: name, behind })),
    }),
    close: () => close({ housekeeping, trail, sinks, lock }),
  };
}

async function recordStart(trail: AuditTrail, { version }: AuditPorts): Promise<void> {
  await trail.record('start', {
    version,
    nodeVersion: process.version,
    processId: process.pid,
  });
}

function keepHouse(
  { directory, segments, retentionDays }: AuditConfig,
  { clock, logger }: AuditPorts,
  {
    log,
    trail,
    newestRecordAt,
  }: Pick<OpenedLog, 'newestRecordAt'> & { readonly log: AuditLog; readonly trail: AuditTrail },
): Housekeeping {
  return new Housekeeping({
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
}

/** The parts of an open trail that are closed, in this order. */
interface Closing {
  readonly housekeeping: Housekeeping;
  readonly trail: AuditTrail;
  readonly sinks: SinkSet;
  readonly lock: FolderLock;
}

async function close({ housekeeping, trail, sinks, lock }: Closing): Promise<void> {
  await housekeeping.stop();
  try {
    await trail.close();
  } finally {
    await sinks.close();
    await lock.release();
  }
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

function listenerOf(
  sinks: SinkSet,
  logger: Logger,
  {
    interrupt,
    signed,
  }: {
    readonly interrupt: (error: unknown) => void;
    readonly signed: (note: string) => void;
  },
): LogListener {
  return {
    committed(lines) {
      sinks.committed(lines);
    },
    checkpoint(note) {
      signed(note);
      sinks.checkpoint(note);
    },
    failed(error) {
      logger.error({ err: error }, 'the audit log could not be signed');
    },
    inDoubt: interrupt,
    full: interrupt,
  };
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
