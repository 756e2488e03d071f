import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../shared/errno.js';

const SEQUENCE_DIGITS = 12;
const SEGMENT_NAME = /^(?<first>\d{12})\.jsonl(?<compressed>\.gz)?$/;

/** One file of a log: the records from one sequence up to the next file's. */
export interface Segment {
  /** Sequence of its first record, which its name says. */
  readonly first: number;
  /** Of the file. */
  readonly path: string;
  /** Whether the file is gzip; members follow one another in it. */
  readonly compressed: boolean;
}

/** There is no log in a folder. */
export class NoLogError extends Error {
  override readonly name = 'NoLogError';

  constructor(directory: string, why = 'it holds no segment') {
    super(`There is no audit log in ${directory}: ${why}.`);
  }
}

/** Path of the segment that begins with a record, as it is while records are added. */
export function segmentPath(directory: string, first: number): string {
  return `${stem(directory, first)}.jsonl`;
}

/** Path of the checkpoints that were signed while the segment was being written. */
export function checkpointsPath(directory: string, first: number): string {
  return `${stem(directory, first)}.checkpoints`;
}

/**
 * The segments of a log, in their order. Where a segment is there both compressed and not, the
 * uncompressed one counts: the other was being made when the process ended.
 */
export async function listSegments(directory: string): Promise<readonly Segment[]> {
  const bySequence = new Map<number, Segment>();
  for (const name of await readdir(directory)) {
    const groups = SEGMENT_NAME.exec(name)?.groups;
    if (groups === undefined) continue;
    const first = Number(groups['first']);
    const compressed = groups['compressed'] !== undefined;
    if (compressed && bySequence.has(first)) continue;
    bySequence.set(first, { first, path: join(directory, name), compressed });
  }
  return [...bySequence.values()].sort((a, b) => a.first - b.first);
}

/**
 * The segments of a log that has to be there.
 *
 * @throws NoLogError where the folder or every segment is missing, or the file system's error
 */
export async function segmentsOfLog(directory: string): Promise<readonly Segment[]> {
  const segments = await listSegments(directory).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new NoLogError(directory, 'there is no such folder (ENOENT)');
  });
  if (segments.length === 0) throw new NoLogError(directory);
  return segments;
}

function stem(directory: string, first: number): string {
  return join(directory, segmentStem(first));
}

/** Name of the files of the segment that begins with a record, without what it ends with. */
export function segmentStem(first: number): string {
  return String(first).padStart(SEQUENCE_DIGITS, '0');
}
