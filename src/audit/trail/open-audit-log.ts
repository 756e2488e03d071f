import type { Clock } from '../../shared/clock.js';
import { formatVerifierKey, type NoteSigner } from '../../transparency-log/signed-note.js';
import type { AuditConfig } from '../config.js';
import { AuditLog } from '../log/audit-log.js';
import type { LogListener } from '../log/log-ports.js';
import { openLog } from '../log/open-log.js';
import type { Payloads } from '../log/payloads.js';
import { LogFolder } from '../read/log-folder.js';
import { originOfLog, signingKeyOf } from '../signing-key.js';

/** The ports that a log is opened with. */
interface OpeningPorts {
  readonly clock: Clock;
  readonly listener: LogListener;
  /** The operator's reason to take over an unsigned tail that no crash can have left. */
  readonly acceptUnsignedTail?: string | undefined;
  /** True when a log that is begun follows one that was lost, and so must not have its name. */
  readonly followsLostLog?: boolean;
}

/**
 * Opens the log that a configuration describes, for writing.
 *
 * @throws UnusableLogError, SealingError, or the file system's error
 */
export async function openAuditLog(
  config: AuditConfig,
  payloads: Payloads,
  { clock, listener, acceptUnsignedTail, followsLostLog = false }: OpeningPorts,
) {
  const { directory, durability, segments, checkpoints } = config;
  const folder = await LogFolder.list(directory);
  const signer = await signerOf(folder, config, followsLostLog);
  const { position, recovery, newestRecordAt } = await openLog(folder, {
    key: signer.verifierKey,
    ...checkpoints,
    clock,
    acceptUnsignedTail,
  });
  const log = new AuditLog(
    { directory, durability, segments, checkpoints, signer, payloads, clock, listener },
    position,
  );
  const publicKey = formatVerifierKey(signer.verifierKey);
  return { log, recovery, newestRecordAt, publicKey, signer };
}

async function signerOf(
  folder: LogFolder,
  { directory, origin, signingKey }: AuditConfig,
  followsLostLog: boolean,
): Promise<NoteSigner> {
  const last = folder.segments.at(-1);
  // What is wrong with a segment that cannot be read is for opening the log to say.
  const begun = last && (await folder.readableHeader(last))?.record.origin;
  return signingKeyOf(signingKey, {
    directory,
    origin: originOfLog(origin, { begun, followsLostLog }),
    exists: last !== undefined,
    followsLostLog,
  });
}
