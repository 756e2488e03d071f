import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { syncFolder } from '../../durable/atomic-write.js';
import { firstLine } from '../read/first-line.js';
import { lineBatches } from '../read/lines.js';
import { parseRecord } from '../read/records.js';
import { checkpointsPath, listSegments, type Segment, segmentPath } from '../read/segments.js';

const compress = promisify(gzip);
const LINE_FEED = Buffer.from('\n');
/** Of lines, in one member of the gzip file: a reader who wants one of them has to unpack so much. */
const MEMBER_BYTES = 256 * 1024;

/** What compression must leave alone. */
export interface CompressionLimits {
  /** The first record of the segment that is being written: the file of the next one is there before it begins. */
  readonly openSegment?: number | undefined;
  /** Ends it after the segment that is being compressed. */
  readonly stopping?: AbortSignal;
}

/**
 * Compresses the segments that were closed some time ago, one member for about 256 KiB of lines, so
 * that a record can be read without unpacking all of them. `zcat` reads them as one.
 *
 * @param closedBefore in ms since 1970
 */
export async function compressSegments(
  directory: string,
  closedBefore: number,
  { openSegment, stopping }: CompressionLimits = {},
): Promise<void> {
  const segments = await listSegments(directory);
  for (const segment of segments.slice(0, -1)) {
    const isOpen = openSegment !== undefined && segment.first >= openSegment;
    if (isOpen || stopping?.aborted === true) return;
    if (segment.compressed || (await stat(segment.path)).mtimeMs >= closedBefore) continue;
    await compressSegment(segment);
  }
}

async function compressSegment(segment: Segment): Promise<void> {
  const path = `${segment.path}.gz`;
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    for await (const lines of members(segment)) await file.appendFile(await compress(lines));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
  await rm(segment.path);
}

/** Whole lines, about so many bytes as one member holds. */
async function* members(segment: Segment): AsyncGenerator<Buffer, void, undefined> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const { lines } of lineBatches(segment)) {
    for (const line of lines) {
      parts.push(line, LINE_FEED);
      bytes += line.length + 1;
      if (bytes < MEMBER_BYTES) continue;
      yield Buffer.concat(parts, bytes);
      parts = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(parts, bytes);
}

/** Segments that follow each other, and what they hold. */
export interface OldSegments {
  readonly segments: readonly Segment[];
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/**
 * The closed segments whose records are all older than some moment.
 *
 * @param before in ms since 1970
 * @returns undefined where there are none
 */
export async function findOldSegments(
  directory: string,
  before: number,
): Promise<OldSegments | undefined> {
  const segments = await listSegments(directory);
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
  return line === undefined ? Number.POSITIVE_INFINITY : Date.parse(parseRecord(line).time);
}
