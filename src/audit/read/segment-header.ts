import { MerkleFrontier } from '../../transparency-log/frontier.js';
import { isHash } from '../../transparency-log/hashes.js';
import { auditRecordSchema, type RecordOf } from '../record/index.js';

/** The first record of a segment, and the tree of the records before it. */
export interface SegmentHeader {
  readonly record: RecordOf<'segment'>;
  readonly before: MerkleFrontier;
}

/**
 * Reads the first line of a segment.
 *
 * @returns undefined where the line does not begin a segment
 */
export function readSegmentHeader(line: Buffer): SegmentHeader | undefined {
  const record = parseSegmentRecord(line);
  if (record?.frontier.every(isHash) !== true) return undefined;
  const before = MerkleFrontier.from(record.sequence, record.frontier);
  return before && { record, before };
}

function parseSegmentRecord(line: Buffer): RecordOf<'segment'> | undefined {
  try {
    const result = auditRecordSchema.safeParse(JSON.parse(line.toString()));
    return result.data?.type === 'segment' ? result.data : undefined;
  } catch {
    // What is no JSON begins no segment.
    return undefined;
  }
}
