/**
 * A log cannot be continued: it is another log than the configuration means, or not what it was
 * when it was written. The message says what, where, and what to do.
 */
export class UnusableLogError extends Error {
  override readonly name = 'UnusableLogError';
}
