import { UnusableLogError } from './unusable-log.js';

/** A log that must be kept as it is and looked at. */
export function damaged(what: string): UnusableLogError {
  return new UnusableLogError(
    `The audit log was changed since it was written: ${what}. Keep it as it is, find out with "holdfast audit verify", and give the server a new folder.`,
  );
}
