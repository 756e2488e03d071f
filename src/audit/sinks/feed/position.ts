/** How far a sink has got. */
export interface Position {
  /** Sequence of the next record to send. */
  readonly record: number;
  /** Size of the last checkpoint that was sent; 0 before the first. */
  readonly checkpoint: number;
}

/** Before everything. */
export const BEGINNING: Position = { record: 0, checkpoint: 0 };
