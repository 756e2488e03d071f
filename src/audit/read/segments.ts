import { join } from 'node:path';

const SEQUENCE_DIGITS = 12;
const SEGMENT_NAME = /^(?<first>\d{12})\.jsonl(?<compressed>\.gz)?$/;

/** One file of a log: the records from one sequence up to the next file's. */
export interface Segment {
  /** Sequence of its first record, which its name says. */
  readonly first: number;
  /** Path of the file. */
  readonly path: string;
  /** True when the file is gzip; in logs of 0.1, members follow one another in it. */
  readonly compressed: boolean;
}

/** Names the file of the segment that begins with a record, while records are added to it. */
export function segmentPath(directory: string, first: number): string {
  return `${stem(directory, first)}.jsonl`;
}

/** Names the file of the checkpoints that were signed while a segment was being written. */
export function checkpointsPath(directory: string, first: number): string {
  return `${stem(directory, first)}.checkpoints`;
}

/**
 * Finds the segments among the names of files, in their order. Where a segment is there both
 * compressed and not, the uncompressed one counts: the other was being made when the process ended.
 */
export function segmentsAmong(names: readonly string[], directory: string): readonly Segment[] {
  const bySequence = new Map<number, Segment>();
  for (const name of names) {
    const groups = SEGMENT_NAME.exec(name)?.groups;
    if (groups === undefined) continue;
    const first = Number(groups['first']);
    const compressed = groups['compressed'] !== undefined;
    if (compressed && bySequence.has(first)) continue;
    bySequence.set(first, { first, path: join(directory, name), compressed });
  }
  return [...bySequence.values()].sort((a, b) => a.first - b.first);
}

function stem(directory: string, first: number): string {
  return join(directory, segmentStem(first));
}

/** Names the files of the segment that begins with a record, without what it ends with. */
export function segmentStem(first: number): string {
  return String(first).padStart(SEQUENCE_DIGITS, '0');
}
