/** The place of a sink in the log. */
export interface Position {
  /** Sequence of the next record to send. */
  readonly record: number;
  /** Size of the last checkpoint that was sent; 0 before the first. */
  readonly checkpoint: number;
}

/** The place before the first record and the first checkpoint. */
export const BEGINNING: Position = { record: 0, checkpoint: 0 };
