import { codeOf, errnoOf } from '../../shared/errno.js';
import { GzipError } from './gzip-members.js';

/** A segment does not hold what was looked for in it: it has been damaged, or is being written. */
export class SegmentChangedError extends Error {
  override readonly name = 'SegmentChangedError';
}

/** What the bytes of a segment, and not the program, can make zlib and strings fail with. */
const OF_CONTENTS = /^(Z_[A-Z_]+|ERR_BUFFER_TOO_LARGE|ERR_STRING_TOO_LONG)$/;

/** Whether an error is one of a segment's bytes or of the disk below, and none of this program. */
export function isUnreadable(error: unknown): error is Error {
  return (
    error instanceof SegmentChangedError ||
    error instanceof GzipError ||
    errnoOf(error) !== undefined ||
    OF_CONTENTS.test(codeOf(error) ?? '')
  );
}
