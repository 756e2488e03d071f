/** The error for a request that is refused because the log cannot be written. */
export class AuditUnavailableError extends Error {
  override readonly name = 'AuditUnavailableError';
}

/** The error for an answer that is withheld: its record was not in the log by the deadline. */
export class AuditTimeoutError extends Error {
  override readonly name = 'AuditTimeoutError';
  /** The time in ms by which this process was late to notice: it was busy, or stood still. */
  readonly overdueMs: number;

  constructor(message: string, overdueMs = 0) {
    super(message);
    this.overdueMs = overdueMs;
  }
}
