import { isErrno } from '../../shared/errno.js';
import type { VerifierKey } from '../../transparency-log/signed-note.js';
import { startOf } from '../read/public-key.js';
import { checkpointsPath, listSegments, type Segment } from '../read/segments.js';
import { isUnreadable } from '../read/unreadable.js';
import { CheckpointSet } from './checkpoint-set.js';
import type { VerificationReport } from './finding.js';
import { Findings } from './findings.js';
import { Verification } from './verification.js';

/** What a log is verified with, all of it from elsewhere. */
export interface VerifyOptions {
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
  /** Called with the lines of the log as they are read, whatever verification makes of them. */
  readonly visit?: (lines: readonly Buffer[]) => void;
}

/**
 * Reads a log from its first record to its last and holds it against what was signed. A folder that
 * is not there is a log without records.
 *
 * @throws the file system's error for the folder, or a file of kept checkpoints; all else is in the
 *   report
 */
export async function verifyLog(options: VerifyOptions): Promise<VerificationReport> {
  const { directory, keys, keptCheckpoints, accepted = [], visit } = options;
  const { isThere, segments } = await segmentsIn(directory);
  const origin = await originOf(segments, keys);
  const findings = new Findings();
  const checkpoints = new CheckpointSet(origin, keys, findings);
  // One that was kept was beside the log before: those are read afterwards.
  for (const path of keptCheckpoints) await checkpoints.addKept(path);
  if (isThere) await checkpoints.addOwn(directory);
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

async function segmentsIn(directory: string) {
  try {
    return { isThere: true, segments: await listSegments(directory) };
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    return { isThere: false, segments: [] };
  }
}

/** As the log says, if one of the keys is of that name: several logs may be verified with the keys of all. */
async function originOf(
  segments: readonly Segment[],
  keys: VerifyOptions['keys'],
): Promise<string> {
  const claimed = await claimedOrigin(segments);
  return (keys.find(({ name }) => name === claimed) ?? keys[0])?.name ?? claimed ?? '';
}

/** @returns undefined where no segment says it */
async function claimedOrigin(segments: readonly Segment[]): Promise<string | undefined> {
  for (const segment of [segments[0], segments.at(-1)]) {
    try {
      const start = segment && (await startOf(segment));
      if (start !== undefined) return start.record.origin;
    } catch (error) {
      // A segment that cannot be read is found to be so when all of it is.
      if (!isUnreadable(error)) throw error;
    }
  }
  return undefined;
}
