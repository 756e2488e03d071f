/** Something was given to compare that cannot be compared. */
export class ReconciliationInputError extends Error {
  override readonly name: string = 'ReconciliationInputError';
}

/** Something given as CloudTrail input that cannot be used as such. The message names the file. */
export class CloudTrailInputError extends ReconciliationInputError {
  override readonly name = 'CloudTrailInputError';

  /** @param file path of the file, or of the folder */
  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file}: ${problem}`, options);
  }
}

/** A folder of an audit log that nothing can be said with. The message names it. */
export class AuditLogInputError extends ReconciliationInputError {
  override readonly name = 'AuditLogInputError';

  /** @param directory the folder of the log */
  constructor(directory: string, problem: string, options?: ErrorOptions) {
    super(`${directory}: ${problem}`, options);
  }
}
