import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { syncFolder } from '../../durable/atomic-write.js';
import { firstLine, lineChunks } from '../read/lines.js';
import { LogFolder } from '../read/log-folder.js';
import { parseRecord } from '../read/records.js';
import { checkpointsPath, type Segment, segmentPath } from '../read/segments.js';

const compress = promisify(gzip);
const LINE_FEED = 0x0a;
/** Bytes of lines in one member of the gzip file, all of which a reader of one line unpacks. */
const MEMBER_BYTES = 256 * 1024;

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
 * Compresses the segments that were closed some time ago, one member for about 256 KiB of lines, so
 * that a record can be read without unpacking all of them. `zcat` reads them as one.
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

/** Divides a segment into whole lines for the members, about as many bytes as one holds. */
async function* members(segment: Segment): AsyncGenerator<Buffer, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const { bytes } of lineChunks(segment)) {
    let lines = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (lines.length >= MEMBER_BYTES) {
      const end = lines.indexOf(LINE_FEED, MEMBER_BYTES - 1) + 1;
      yield lines.subarray(0, end);
      lines = lines.subarray(end);
    }
    rest = lines;
  }
  if (rest.length > 0) yield rest;
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
  return line === undefined ? Number.POSITIVE_INFINITY : Date.parse(parseRecord(line).time);
}
