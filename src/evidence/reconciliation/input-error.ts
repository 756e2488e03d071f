/** The error for an input that cannot be compared. */
export class ReconciliationInputError extends Error {
  override readonly name: string = 'ReconciliationInputError';
}

/** The error for CloudTrail input that cannot be used. The message names the file. */
export class CloudTrailInputError extends ReconciliationInputError {
  override readonly name = 'CloudTrailInputError';

  /** @param file path of the file, or of the folder */
  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file}: ${problem}`, options);
  }
}

/** The error for the folder of an audit log that cannot be used. The message names it. */
export class AuditLogInputError extends ReconciliationInputError {
  override readonly name = 'AuditLogInputError';

  /** @param directory the folder of the log */
  constructor(directory: string, problem: string, options?: ErrorOptions) {
    super(`${directory}: ${problem}`, options);
  }
}
