/** The kinds of faults in a log. */
export type FindingKind =
  /** A record is not what was written. */
  | 'changed'
  /** Records are not there any more. */
  | 'removed'
  /** A line that was never written there. */
  | 'inserted'
  /** A record stands elsewhere than where it was written. */
  | 'reordered'
  /** The log is not what was signed. */
  | 'not-as-signed'
  /** A checkpoint that the given key has not signed. */
  | 'foreign-signature'
  /** Two checkpoints that cannot both be about this log. */
  | 'forked'
  /** The log ends before the end that was signed. */
  | 'cut-off'
  /** No signature vouches for any record. */
  | 'unsigned'
  /** A server has continued the log behind records that nothing had been signed for. */
  | 'taken-over'
  /** A segment is closed, and no checkpoint vouches for its end. */
  | 'unsealed'
  /** Checkpoints that were kept elsewhere are not beside the log any more. */
  | 'checkpoint-removed'
  /** A file cannot be read as what it should be. */
  | 'unreadable';

/** One thing that is wrong. */
export interface VerificationFinding {
  readonly kind: FindingKind;
  /** Name of the file, without its folder. */
  readonly file: string;
  /** The record that it is about; the first one where it is about several. */
  readonly sequence?: number;
  /** The last of several records. */
  readonly lastSequence?: number;
  /** The fault, in one sentence. */
  readonly message: string;
}

/** The result of verifying a log. */
export interface VerificationReport {
  readonly directory: string;
  /** The name of the log, as the verifier key has it. */
  readonly origin: string;
  /** Names and ids of the keys that signed the matching checkpoints: `NAME+ID`. */
  readonly signedBy: readonly string[];
  readonly segments: number;
  readonly records: number;
  /** The first record that is here, and the last; absent in an empty log. */
  readonly firstSequence?: number;
  readonly lastSequence?: number;
  /** The times that those two records have, in ISO 8601; absent where they have none. */
  readonly firstTime?: string;
  readonly lastTime?: string;
  /**
   * Checkpoints that were held against the log, and were right. One that is there twice counts
   * once.
   */
  readonly matchedCheckpoints: number;
  /** Number of the matching checkpoints that were kept elsewhere. */
  readonly matchedKeptCheckpoints: number;
  /** The signatures vouch for the records before this one. */
  readonly vouchedBefore: number;
  /** Root of the tree over those records, in base64; absent where nothing vouches for any. */
  readonly root?: string;
  /** Records at the end that nothing has been signed for yet. */
  readonly unsignedRecords: number;
  /** Bytes behind the last whole record: one that was being written when the process ended. */
  readonly tornBytes: number;
  /** At most so many of a kind as a reader can look at. */
  readonly findings: readonly VerificationFinding[];
  /** Number of those that are not in the list, by kind. */
  readonly moreFindings: Readonly<Partial<Record<FindingKind, number>>>;
  /** Files that the operating system did not let this program read; each is a finding, too. */
  readonly unread: readonly string[];
  /** The limits of this verification, one sentence each. */
  readonly notVouchedFor: readonly string[];
  /** Remarks that are no faults. */
  readonly notes: readonly string[];
}
