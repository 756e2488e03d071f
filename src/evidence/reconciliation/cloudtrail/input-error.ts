import { ReconciliationInputError } from '../input-error.js';

/** Something given as CloudTrail input that cannot be used as such. The message names the file. */
export class CloudTrailInputError extends ReconciliationInputError {
  override readonly name = 'CloudTrailInputError';

  /** @param file path of the file, or of the folder */
  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file}: ${problem}`, options);
  }
}
