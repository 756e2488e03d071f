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

/** The result of a reading, as far as it has come. */
export interface ReadingResult {
  records: number;
  /** Sequence of the record that would come next. */
  end: number;
  /** Sizes of the checkpoints that were right, ascending. */
  readonly matchedSizes: number[];
  matchedKept: number;
  readonly signedBy: Set<string>;
  vouchedBefore: number;
  root: Hash | undefined;
  firstTime: string | undefined;
  lastTime: string | undefined;
  tornBytes: number;
  /** True when some records could not be read. */
  isUnread: boolean;
  /** True when the last ones could not be read. */
  isEndUnread: boolean;
  /** Names of the files that the system did not let this program read. */
  readonly unread: string[];
}

/** A reading that has come to its end, and what it was made with. */
export interface FinishedReading {
  readonly result: Readonly<ReadingResult>;
  readonly checkpoints: CheckpointSet;
  readonly findings: Findings;
  readonly words: OwnWords;
  readonly seals: Seals;
  readonly scope: VerificationScope;
}
