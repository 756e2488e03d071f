import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { openSegment } from './open-segment.js';
import type { Segment } from './segments.js';

const LINE_FEED = 0x0a;
const CHUNK_BYTES = 1024 * 1024;

/** Some lines of a segment. */
export interface LineBatch {
  /** Whole lines, without their line feeds. Valid until the next batch is asked for, and longer. */
  readonly lines: readonly Buffer[];
  /** Bytes after the last line feed of the file: a line that was cut. Only in the last batch. */
  readonly torn: Buffer | undefined;
}

/**
 * Reads the lines of a segment, about a megabyte at a time.
 *
 * @throws the file system's error; for a damaged compressed segment zlib's, or TrailingBytesError
 */
export async function* lineBatches(
  segment: Pick<Segment, 'path' | 'compressed'>,
): AsyncGenerator<LineBatch, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of contentsOf(segment)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const lines = splitLines(bytes);
    rest = lines.rest;
    if (lines.lines.length > 0) yield { lines: lines.lines, torn: undefined };
  }
  if (rest.length > 0) yield { lines: [], torn: rest };
}

/** A compressed segment goes on after what is compressed: Node would pass over it, and others would not. */
export class TrailingBytesError extends Error {
  override readonly name = 'TrailingBytesError';
}

async function* contentsOf(
  segment: Pick<Segment, 'path' | 'compressed'>,
): AsyncGenerator<Buffer, void, undefined> {
  const { handle, compressed } = await openSegment(segment);
  const { size } = await handle.stat();
  const file = handle.createReadStream({ highWaterMark: CHUNK_BYTES });
  if (!compressed) {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  const unzipped = createGunzip({ chunkSize: CHUNK_BYTES });
  // A failure of either ends both, and reaches whoever reads.
  pipeline(file, unzipped, () => undefined);
  yield* unzipped as AsyncIterable<Buffer>;
  if (unzipped.bytesWritten === size) return;
  throw new TrailingBytesError(`${String(size - unzipped.bytesWritten)} bytes follow its end`);
}

/**
 * Divides bytes at their line feeds.
 *
 * @returns whole lines, without their line feeds, and what follows the last; they share the memory
 */
export function splitLines(bytes: Buffer): { readonly lines: Buffer[]; readonly rest: Buffer } {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, rest: bytes.subarray(start) };
}
