import { crc32, inflateRawSync } from 'node:zlib';

const MAGIC = 0x8b1f;
const DEFLATE = 8;
const FIXED_HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const FLAG_HEADER_CRC = 2;
const FLAG_EXTRA = 4;
const FLAG_NAME = 8;
const FLAG_COMMENT = 16;
/**
 * Of a member's contents. The server's have a quarter of a megabyte, and a few bytes can hold
 * gigabytes.
 */
export const MAX_MEMBER_BYTES = 16 * 1024 * 1024;
/** A little more than a member of a log holds, so that it is inflated into one buffer. */
const CHUNK_BYTES = 384 * 1024;

/** Compressed bytes that are not what gzip writes. */
export class GzipError extends Error {
  override readonly name = 'GzipError';
}

/** One member of a gzip file. */
export interface GzipMember {
  /** Of the byte after it. */
  readonly end: number;
  readonly contents: Buffer;
}

/**
 * Inflates the member that begins at an offset, and finds out where it ends, which the functions of
 * node:zlib for whole files do not tell.
 *
 * @throws GzipError, or zlib's error: for one of more than {@link MAX_MEMBER_BYTES}, too
 * @see RFC 1952, section 2.3
 */
export function readGzipMember(file: Buffer, offset: number): GzipMember {
  const start = offset + headerBytes(file, offset);
  // With `info`, zlib also hands out its engine, which has counted what it took.
  const { buffer: contents, engine } = inflateRawSync(file.subarray(start), {
    info: true,
    chunkSize: CHUNK_BYTES,
    maxOutputLength: MAX_MEMBER_BYTES,
  }) as unknown as { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
  const trailer = start + engine.bytesWritten;
  const end = trailer + TRAILER_BYTES;
  if (end > file.length) throw new GzipError('a gzip member is cut off');
  if (file.readUInt32LE(trailer) !== crc32(contents)) {
    throw new GzipError(`the gzip member at byte ${offset} has been changed: its CRC differs`);
  }
  return { end, contents };
}

function headerBytes(file: Buffer, offset: number): number {
  const isMember =
    offset + FIXED_HEADER_BYTES < file.length &&
    file.readUInt16LE(offset) === MAGIC &&
    file[offset + 2] === DEFLATE;
  if (!isMember) throw new GzipError(`there is no gzip member at byte ${offset}`);
  const flags = file[offset + 3] ?? 0;
  let at = offset + FIXED_HEADER_BYTES;
  if ((flags & FLAG_EXTRA) !== 0) at = afterExtra(file, at);
  if ((flags & FLAG_NAME) !== 0) at = afterZero(file, at);
  if ((flags & FLAG_COMMENT) !== 0) at = afterZero(file, at);
  if ((flags & FLAG_HEADER_CRC) !== 0) at += 2;
  return at - offset;
}

function afterExtra(file: Buffer, at: number): number {
  if (at + 2 > file.length) throw new GzipError('the header of a gzip member is cut off');
  return at + 2 + file.readUInt16LE(at);
}

function afterZero(file: Buffer, at: number): number {
  const zero = file.indexOf(0, at);
  if (zero < 0) throw new GzipError('the header of a gzip member is cut off');
  return zero + 1;
}
