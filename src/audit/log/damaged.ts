import { NEW_LOG, UnusableLogError } from './unusable-log.js';

/** A log that must be kept as it is and looked at. */
export function damaged(what: string): UnusableLogError {
  return new UnusableLogError(
    `The audit log was changed since it was written: ${what}. Find out with "holdfast audit verify". ${NEW_LOG}`,
  );
}
