import { join } from 'node:path';
import { ifThere } from '../../shared/errno.js';
import type { VerifierKey } from '../../transparency-log/signed-note.js';
import { LogFolder } from '../read/log-folder.js';
import { checkpointsPath } from '../read/segments.js';
import { isUnreadable } from '../read/unreadable.js';
import { CheckpointSet } from './checkpoint-set.js';
import type { VerificationReport } from './finding.js';
import { Findings } from './findings.js';
import { Verification } from './verification.js';

/** The log to verify, with the keys and checkpoints to verify it with. */
export interface VerificationInput {
  /** The folder of the log. Nothing is written to it. */
  readonly directory: string;
  /**
   * Keys that the log's checkpoints are signed with: more than one where the key was changed, none
   * where nothing is known of it and only the chain of the records is looked at.
   */
  readonly keys: readonly VerifierKey[];
  /** Files of checkpoints that were kept elsewhere. */
  readonly keptCheckpoints: readonly string[];
  /**
   * Ranges of records, first and last, of which it is known why a server took them over unsigned.
   */
  readonly accepted?: readonly (readonly [first: number, last: number])[];
  /**
   * Called with the lines of the log as they are read, each with its line feed, whatever
   * verification makes of them.
   */
  readonly visit?: ((lines: Buffer) => void | Promise<void>) | undefined;
}

/**
 * Reads a log from its first record to its last and holds it against what was signed. A folder that
 * is not there is a log without records.
 *
 * @throws the file system's error for the folder, or a file of kept checkpoints; all else is in the
 *   report
 */
export async function verifyLog(options: VerificationInput): Promise<VerificationReport> {
  const { directory, keys, keptCheckpoints, accepted = [], visit } = options;
  const folder = await ifThere(LogFolder.list(directory));
  const segments = folder?.segments ?? [];
  const origin = await originOf(folder, keys);
  const findings = new Findings();
  const checkpoints = new CheckpointSet(origin, keys, findings);
  // One that was kept was beside the log before: those are read afterwards.
  for (const path of keptCheckpoints) await checkpoints.addKept(path);
  for (const file of folder?.checkpointFiles ?? []) {
    await checkpoints.addOwnFile(join(directory, file));
  }
  const verification = new Verification(checkpoints, findings, {
    first: segments[0]?.first ?? 0,
    accepted,
    isHeldAgainstKept: keptCheckpoints.length > 0,
    visit,
  });
  for (const segment of segments) await verification.read(segment);
  // What was being signed when the folder was listed has been by now.
  const closing = segments.at(-2);
  if (closing !== undefined && verification.isLastUnsealed) {
    await checkpoints.addOwnFile(checkpointsPath(directory, closing.first));
  }
  return { directory, origin, segments: segments.length, ...verification.end() };
}

/**
 * Takes the name that the log gives itself, if one of the keys is of that name: several logs may be
 * verified with the keys of all.
 */
async function originOf(
  folder: LogFolder | undefined,
  keys: VerificationInput['keys'],
): Promise<string> {
  const claimed = folder && (await claimedOrigin(folder));
  return (keys.find(({ name }) => name === claimed) ?? keys[0])?.name ?? claimed ?? '';
}

/** @returns undefined where no segment says it */
async function claimedOrigin(folder: LogFolder): Promise<string | undefined> {
  for (const segment of [folder.segments[0], folder.segments.at(-1)]) {
    try {
      const header = segment && (await folder.header(segment));
      if (header !== undefined) return header.record.origin;
    } catch (error) {
      // A segment that cannot be read is found to be so when all of it is.
      if (!isUnreadable(error)) throw error;
    }
  }
  return undefined;
}
