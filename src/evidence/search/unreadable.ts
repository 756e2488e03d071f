import { errnoOf } from '../../shared/errno.js';
import { GzipError } from './gzip-members.js';

/** A segment does not hold what was looked for in it: it has been damaged, or is being written. */
export class SegmentChangedError extends Error {
  override readonly name = 'SegmentChangedError';
}

/** Whether an error is one of a segment's bytes or of the disk below, and none of this program. */
export function isUnreadable(error: unknown): error is Error {
  return (
    error instanceof SegmentChangedError ||
    error instanceof GzipError ||
    // The file system's errors, and those of zlib.
    errnoOf(error) !== undefined
  );
}
