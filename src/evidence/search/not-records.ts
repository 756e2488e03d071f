import { UnreadableError } from '../../audit/read/unreadable.js';

const MAX_NOT_RECORDS = 10_000;

/**
 * Gives up on a file with so many lines that are no records: it is no segment, and a small one that
 * was compressed can have billions.
 *
 * @param count of such lines so far
 * @throws UnreadableError
 */
export function assertRecords(path: string, count: number): void {
  if (count <= MAX_NOT_RECORDS) return;
  throw new UnreadableError(path, `has more than ${MAX_NOT_RECORDS} lines that are no records`);
}
