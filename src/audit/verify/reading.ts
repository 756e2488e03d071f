import type { Hash } from '../../transparency-log/hashes.js';
import type { CheckpointSet } from './checkpoint-set.js';
import type { Findings } from './findings.js';
import type { OwnWords } from './own-words.js';
import type { Seals } from './seals.js';

/** The terms that a reading begins with. */
export interface VerificationScope {
  /** Sequence of the first record that is here. */
  readonly first: number;
  readonly accepted: readonly (readonly [first: number, last: number])[];
  /** True when whoever verifies has checkpoints from elsewhere. */
  readonly isHeldAgainstKept: boolean;
  /** Called with the lines of the log as they are read, each with its line feed. */
  readonly visit: ((lines: Buffer) => void | Promise<void>) | undefined;
}

/** The result of a reading. */
export interface ReadingResult {
  readonly records: number;
  /** Sequence of the record that would come next. */
  readonly end: number;
  /** Sizes of the checkpoints that were right, ascending. */
  readonly matchedSizes: readonly number[];
  readonly matchedKept: number;
  readonly signedBy: ReadonlySet<string>;
  readonly vouchedBefore: number;
  readonly root: Hash | undefined;
  readonly firstTime: string | undefined;
  readonly lastTime: string | undefined;
  readonly tornBytes: number;
  /** True when some records, or the last ones, could not be read. */
  readonly isUnread: boolean;
  readonly isEndUnread: boolean;
  readonly unread: readonly string[];
}

/** A reading that has come to its end, and what it was made with. */
export interface FinishedReading {
  readonly result: ReadingResult;
  readonly checkpoints: CheckpointSet;
  readonly findings: Findings;
  readonly words: OwnWords;
  readonly seals: Seals;
  readonly scope: VerificationScope;
}
