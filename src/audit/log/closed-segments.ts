import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { syncFolder } from '../../durable/atomic-write.js';
import { fileBytes, firstLine } from '../read/lines.js';
import { LogFolder } from '../read/log-folder.js';
import { openRegularFile } from '../read/open-file.js';
import { parseRecord } from '../read/records.js';
import { UnreadableError } from '../read/unreadable.js';
import { checkpointsPath, type Segment, segmentPath } from '../read/segments.js';

/** Compressed at once: longer would keep a thread from the writing of the log. */
const CHUNK_BYTES = 64 * 1024;

/** The limits of a compression. */
export interface CompressionLimits {
  /**
   * First record of the segment that is being written: the file of the next one is there before it
   * begins.
   */
  readonly writtenSegment?: number | undefined;
  /** Ends it after the segment that is being compressed. */
  readonly stopping?: AbortSignal;
}

/**
 * Compresses the segments that were closed some time ago, with gzip.
 *
 * @param closedBefore in ms since 1970
 */
export async function compressSegments(
  directory: string,
  closedBefore: number,
  { writtenSegment, stopping }: CompressionLimits = {},
): Promise<void> {
  const { segments } = await LogFolder.list(directory);
  for (const segment of segments.slice(0, -1)) {
    const isOpen = writtenSegment !== undefined && segment.first >= writtenSegment;
    if (isOpen || stopping?.aborted === true) return;
    if (segment.compressed || (await stat(segment.path)).mtimeMs >= closedBefore) continue;
    await compressSegment(segment);
  }
}

async function compressSegment({ path }: Segment): Promise<void> {
  const compressed = `${path}.gz`;
  const temporary = `${compressed}.${randomUUID()}.tmp`;
  const segment = await openRegularFile(path);
  try {
    await pipeline(
      fileBytes(segment, 0, CHUNK_BYTES),
      createGzip({ chunkSize: CHUNK_BYTES }),
      createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true }),
    );
  } finally {
    await segment.close();
  }
  await rename(temporary, compressed);
  await syncFolder(dirname(path));
  await rm(path);
}

/** Segments that follow each other, and the range of their records. */
export interface OldSegments {
  readonly segments: readonly Segment[];
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/**
 * Finds the closed segments whose records are all older than some moment.
 *
 * @param before in ms since 1970
 * @returns undefined where there are none
 */
export async function findOldSegments(
  directory: string,
  before: number,
): Promise<OldSegments | undefined> {
  const { segments } = await LogFolder.list(directory);
  const [first] = segments;
  let count = 0;
  let begunAt = first === undefined ? Number.NaN : await timeOfFirst(first);
  // The first record of the next segment is younger than all of this one.
  for (const next of segments.slice(1)) {
    const endedAt = await timeOfFirst(next);
    // A time that is none is not old. Nor is one that a clock gave which was set back meanwhile.
    if (!(Math.max(begunAt, endedAt) < before)) break;
    begunAt = endedAt;
    count += 1;
  }
  const next = segments[count];
  if (count === 0 || first === undefined || next === undefined) return undefined;
  return {
    segments: segments.slice(0, count),
    firstSequence: first.first,
    lastSequence: next.first - 1,
  };
}

/** Removes segments and the checkpoints beside them. */
export async function removeSegments(directory: string, { segments }: OldSegments): Promise<void> {
  for (const { first, path } of segments) {
    await rm(path);
    // A crash may have left the segment both compressed and not.
    await rm(`${segmentPath(directory, first)}.gz`, { force: true });
    await rm(checkpointsPath(directory, first), { force: true });
  }
  await syncFolder(directory);
}

async function timeOfFirst(segment: Segment): Promise<number> {
  const line = await firstLine(segment);
  if (line === undefined) return Number.POSITIVE_INFINITY;
  const record = parseRecord(line);
  if (record === undefined) throw new UnreadableError(segment.path, 'does not begin a segment');
  return Date.parse(record.time);
}
