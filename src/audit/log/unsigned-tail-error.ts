import type { VerifierKey } from '../../transparency-log/signed-note.js';
import type { CheckpointSchedule } from './checkpoint-writer.js';
import type { UnsignedTail } from './unsigned-tail.js';
import { NEW_LOG, UnusableLogError } from './unusable-log.js';

/** An unsigned tail that no crash can have left. */
interface LongTail {
  readonly tail: UnsignedTail;
  readonly first: number;
  readonly last: number;
  /** Size of the newest checkpoint; 0 where there is none. */
  readonly signedSize: number;
}

/** The log that it was found in. */
interface TailedLog extends CheckpointSchedule {
  readonly directory: string;
  readonly key: VerifierKey;
}

/** Makes the error that says what was found, what it can mean, and the ways out. */
export function unsignedTailError(
  { tail, first, last, signedSize }: LongTail,
  { directory, key, everyRecords, everyMs }: TailedLog,
): UnusableLogError {
  const covered =
    signedSize === 0
      ? `There is no checkpoint that the key of ${key.name} has signed.`
      : `The newest checkpoint covers the records before ${String(signedSize)}.`;
  return new UnusableLogError(
    [
      `The audit log in ${directory} ends in ${String(tail.records)} records that nobody has signed: ` +
        `${String(first)} to ${String(last)}, ${tail.times}. ${covered}`,
      `A server signs after ${String(everyRecords)} records, ${String(everyMs)} ms and every segment ` +
        '(audit.checkpoints), so a crash leaves fewer. Somebody may have removed checkpoints and written ' +
        'these records anew. Or the .checkpoints were not restored with a backup, the signing key was ' +
        'changed, or the schedule was made shorter.',
      'Keep a copy of the folder, and hold it against checkpoints that were kept elsewhere: ' +
        '"holdfast audit verify --public-key KEY --checkpoint FILE". Then either put the missing ' +
        '.checkpoints files back, or accept the records as they are, with a reason that is recorded: ' +
        `holdfast serve --accept-unsigned-tail "REASON". ${NEW_LOG}`,
    ].join('\n'),
  );
}
