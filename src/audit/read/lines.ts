import type { FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { errnoOf, isErrno } from '../../shared/errno.js';
import { type LineChunk, MAX_LINE_BYTES, wholeLines } from './line-chunks.js';
import { openRegularFile } from './open-file.js';
import type { Segment } from './segments.js';
import { UnreadableError } from './unreadable.js';

const CHUNK_BYTES = 1024 * 1024;
/** Enough for the first line of a segment, of which a search for a period reads hundreds. */
const HEAD_CHUNK_BYTES = 16 * 1024;
const RECORD_HEAD = Buffer.from('{"schema":');
/** Text that every record has. */
const EVERY_RECORD = Buffer.from('"sequence":');

/** The file of a segment: all that is needed to read it, also for another thread. */
export type SegmentPath = Pick<Segment, 'path' | 'compressed'>;

/** The file of a segment that is being read. */
interface SegmentInReading extends SegmentPath {
  readonly handle: FileHandle;
}

/**
 * Reads the lines of a segment, about a megabyte at a time, as far as the file reaches. The file is
 * closed when the reading ends, wherever that is.
 *
 * @param chunkBytes bytes of the file that are read at once
 * @throws UnreadableError for what is no segment, after the lines before the damage; the file
 *   system's error
 */
export async function* lineChunks(
  segment: SegmentPath,
  chunkBytes = CHUNK_BYTES,
): AsyncGenerator<LineChunk, void, undefined> {
  const { path, compressed, handle } = await openSegment(segment);
  const bytes = fileBytes(handle, 0, chunkBytes);
  try {
    yield* wholeLines(path, compressed ? uncompressedBytes(path, handle, bytes) : bytes);
  } finally {
    await handle.close();
  }
}

/**
 * Reads the lines of a segment for whoever reports what stands in it: what is no text of a log must
 * not pass for a segment that holds little or nothing.
 *
 * @param closed whether another segment follows, so that nothing is added to this one any more
 * @returns whole lines, each with its line feed, about a megabyte at a time
 * @throws as `lineChunks`, and where the segment ends otherwise than a server leaves it
 */
export async function* recordChunks(
  segment: SegmentPath,
  closed: boolean,
): AsyncGenerator<Buffer, void, undefined> {
  const isFinished = closed || segment.compressed;
  let length = 0;
  let hasRecord = false;
  for await (const { bytes, torn } of lineChunks(segment)) {
    length += bytes.length;
    hasRecord ||= bytes.includes(EVERY_RECORD);
    if (!hasRecord && length > MAX_LINE_BYTES) break;
    if (bytes.length > 0) yield bytes;
    if (torn === undefined || (!isFinished && isBegunRecord(torn))) continue;
    const what = `ends with ${String(torn.length)} bytes that are no whole line`;
    throw new UnreadableError(segment.path, what);
  }
  if (!hasRecord && (isFinished || length > 0)) {
    throw new UnreadableError(segment.path, 'holds no record');
  }
}

/**
 * Reads the first line of a segment, without its line feed.
 *
 * @returns undefined for a segment without a whole line
 * @throws as `lineChunks`
 */
export async function firstLine(segment: SegmentPath): Promise<Buffer | undefined> {
  for await (const { bytes } of lineChunks(segment, HEAD_CHUNK_BYTES)) {
    if (bytes.length > 0) return bytes.subarray(0, bytes.indexOf('\n'));
  }
  return undefined;
}

/**
 * Reads the bytes of a file as far as it reaches now, at most a megabyte at a time.
 *
 * @param from the byte to begin with
 * @param chunkBytes bytes that are read at once
 */
export async function* fileBytes(
  handle: FileHandle,
  from = 0,
  chunkBytes = CHUNK_BYTES,
): AsyncGenerator<Buffer, void, undefined> {
  const { size } = await handle.stat();
  for (let at = from; ; ) {
    // Most files of checkpoints are small: a megabyte for each costs more than to read it.
    const wanted = Math.min(chunkBytes, Math.max(size - at, HEAD_CHUNK_BYTES));
    const memory = Buffer.allocUnsafeSlow(wanted);
    const { bytesRead } = await handle.read(memory, 0, wanted, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield memory.subarray(0, bytesRead);
  }
}

/**
 * Uncompresses a gzip file, at most a megabyte at a time.
 *
 * @param bytes all that the file holds
 * @throws UnreadableError where it is damaged, or goes on after what is compressed: Node would pass
 *   over that, and other programs would not; the file system's error
 */
export async function* uncompressedBytes(
  path: string,
  handle: FileHandle,
  bytes: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  const { size } = await handle.stat();
  const unzipped = createGunzip({ chunkSize: CHUNK_BYTES });
  // A failure of either ends both, and reaches whoever reads.
  pipeline(Readable.from(bytes), unzipped, () => undefined);
  let length = 0;
  try {
    for await (const chunk of unzipped as AsyncIterable<Buffer>) {
      yield chunk;
      length += chunk.length;
    }
  } catch (cause) {
    if (!(cause instanceof Error) || errnoOf(cause) !== undefined) throw cause;
    const what = `is damaged gzip, or was cut off, after ${String(length)} bytes of its contents`;
    throw new UnreadableError(path, `${what} (${cause.message})`, { cause });
  }
  const rest = size - unzipped.bytesWritten;
  if (rest === 0 && size > 0) return;
  const what = size === 0 ? 'is empty' : `has ${String(rest)} bytes after its gzip data`;
  throw new UnreadableError(path, what);
}

/**
 * Opens the file of a segment. One that was not compressed when the folder was listed may have been
 * since: the server does that while others read, and puts the compressed file in place first.
 *
 * @throws UnreadableError for anything but a regular file, or the file system's error
 */
async function openSegment(segment: SegmentPath): Promise<SegmentInReading> {
  const { path, compressed } = segment;
  try {
    return { path, compressed, handle: await openRegularFile(path) };
  } catch (error) {
    if (compressed || !isErrno(error, 'ENOENT')) throw error;
    return openSegment({ path: `${path}.gz`, compressed: true });
  }
}

/** Tells whether a line that was cut may have been the beginning of a record. */
function isBegunRecord(torn: Buffer): boolean {
  const length = Math.min(torn.length, RECORD_HEAD.length);
  return torn.compare(RECORD_HEAD, 0, length, 0, length) === 0;
}
