/** The log cannot be written, so the request is refused. */
export class AuditUnavailableError extends Error {
  override readonly name = 'AuditUnavailableError';
}

/** The record was not in the log by the deadline of its request, so the answer is withheld. */
export class AuditTimeoutError extends Error {
  override readonly name = 'AuditTimeoutError';
}
