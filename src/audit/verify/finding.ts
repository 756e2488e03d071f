/** What can be wrong with a log. */
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
  /** Nothing was signed at all. */
  | 'unsigned'
  /** A file cannot be read as what it should be. */
  | 'unreadable';

/** One thing that is wrong. */
export interface Finding {
  readonly kind: FindingKind;
  /** Name of the file, without its folder. */
  readonly file: string;
  /** The record that it is about; the first one where it is about several. */
  readonly sequence?: number;
  /** One sentence. */
  readonly message: string;
}

/** What verification found out about a log. */
export interface VerificationReport {
  readonly directory: string;
  /** As the verifier key names it. */
  readonly origin: string;
  readonly segments: number;
  readonly records: number;
  /** The first record that is here, and the last; absent in an empty log. */
  readonly firstSequence?: number;
  readonly lastSequence?: number;
  /** Checkpoints that were held against the log, and were right. */
  readonly matchedCheckpoints: number;
  /** The signatures vouch for the records before this one. */
  readonly vouchedBefore: number;
  /** Records at the end that nothing has been signed for yet. */
  readonly unsignedRecords: number;
  /** Bytes behind the last whole record: one that was being written when the process ended. */
  readonly tornBytes: number;
  readonly findings: readonly Finding[];
  /** What is to be known, and nothing wrong. */
  readonly notes: readonly string[];
}
