/** Advice on how to go on without a log that cannot be continued. */
export const NEW_LOG =
  'To begin a new log, move the folder away, where auditors find it as it is, and start once with --init audit.';

/**
 * The error for a log that cannot be continued: it is another log than the configuration means, or
 * not what it was when it was written. The message says what, where, and what to do.
 */
export class UnusableLogError extends Error {
  override readonly name = 'UnusableLogError';
}

/** Makes the error for a log that must be kept as it is and looked at. */
export function damaged(what: string): UnusableLogError {
  return new UnusableLogError(
    `The audit log was changed since it was written: ${what}. Find out with "holdfast audit verify". ${NEW_LOG}`,
  );
}
