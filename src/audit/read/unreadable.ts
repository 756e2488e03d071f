import { codeOf, errnoOf } from '../../shared/errno.js';

/** The error for a file that is not what it should be, so that nobody knows what stands in it. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
  /** The reason, without the path. */
  readonly reason: string;

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path} ${reason}`, options);
    this.reason = reason;
  }
}

/** Codes with which zlib and strings fail for the bytes of a file, and not for the program. */
const OF_CONTENTS = /^(Z_[A-Z_]+|ERR_BUFFER_TOO_LARGE|ERR_STRING_TOO_LONG)$/;

/**
 * Tells whether an error is one of a file's bytes or of the disk below, and none of this program.
 */
export function isUnreadable(error: unknown): error is Error {
  return (
    error instanceof UnreadableError ||
    errnoOf(error) !== undefined ||
    OF_CONTENTS.test(codeOf(error) ?? '')
  );
}

/** Says why a file could not be read, without its path where that is known. */
export function reasonOf(error: Error): string {
  return error instanceof UnreadableError ? error.reason : error.message;
}
