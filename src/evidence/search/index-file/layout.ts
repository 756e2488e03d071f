import { crc32 } from 'node:zlib';
import { z } from 'zod';

/**
 * The file, little-endian:
 *
 *     preamble   8 magic, u32 version, u32 bytes of the head, u32 CRC-32 of the head, u32 0,
 *                i64 time of the segment's last change in ns since 1970
 *     head       JSON, {@link headSchema}
 *     body       the sections, whose offsets count from its beginning
 *
 * The preamble's time stands outside of every checksum, because it is renewed in place when the
 * segment turns out to be the same with another time (a copy).
 */
export const MAGIC = Buffer.from('HFAUDIX\n', 'latin1');
/** Of the layout and of what it says: an index of another version is made anew. */
export const VERSION = 1;
export const PREAMBLE_BYTES = 32;
export const MODIFIED_AT = 24;

/** offset and length f64 and u32, records u32, then f64: first and last time, lowest and highest sequence. */
export const BLOCK_ENTRY_BYTES = 48;
/** Offset of its first byte u32, CRC-32 u32: of each bucket. */
export const BUCKET_ENTRY_BYTES = 8;
/** In a segment: a term and the number of a record make one number below 2^53. */
export const MAX_RECORDS = 1 << 21;

const lengthSchema = z.int().min(0);
const sectionSchema = z.object({ offset: lengthSchema, length: lengthSchema, crc: lengthSchema });

/** What an index says of itself and of its segment. */
export const headSchema = z.object({
  segment: z.object({ name: z.string(), size: lengthSchema, sha256: z.string() }),
  /** Lines that are audit records. */
  records: lengthSchema.max(MAX_RECORDS),
  /** Lines that are none, and which no search finds. */
  notRecords: lengthSchema,
  blocks: sectionSchema,
  buckets: sectionSchema,
  /** Each bucket has a checksum of its own. */
  postings: sectionSchema.omit({ crc: true }),
  /** All values of a field, for those that have few: a JSON list of texts. */
  values: z.array(z.object({ path: z.string(), section: sectionSchema })),
});

/** The head of an index. */
export type IndexHead = z.infer<typeof headSchema>;

/** Bytes of the body and their checksum. */
export type Section = z.infer<typeof sectionSchema>;

/** An index that cannot be used. It is made anew, or done without. */
export class IndexDamagedError extends Error {
  override readonly name = 'IndexDamagedError';
}

/** A block of a segment, and the bounds of what is in it. */
export interface BlockEntry {
  readonly offset: number;
  readonly length: number;
  readonly records: number;
  /** In ms since 1970; Infinity where no record has a time. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly lowestSequence: number;
  readonly highestSequence: number;
}

/** @returns the entry's bytes */
export function encodeBlock(block: BlockEntry): Buffer {
  const bytes = Buffer.alloc(BLOCK_ENTRY_BYTES);
  bytes.writeDoubleLE(block.offset, 0);
  bytes.writeUInt32LE(block.length, 8);
  bytes.writeUInt32LE(block.records, 12);
  bytes.writeDoubleLE(block.firstMs, 16);
  bytes.writeDoubleLE(block.lastMs, 24);
  bytes.writeDoubleLE(block.lowestSequence, 32);
  bytes.writeDoubleLE(block.highestSequence, 40);
  return bytes;
}

/**
 * Reads the entries of all blocks.
 *
 * @throws IndexDamagedError when they are not blocks of the segment, one behind the other
 */
export function decodeBlocks(
  bytes: Buffer,
  { segment, records }: Pick<IndexHead, 'segment' | 'records'>,
): readonly BlockEntry[] {
  const blocks = entriesOf(bytes);
  let [end, recordsBefore] = [0, 0];
  for (const block of blocks) {
    if (!Number.isSafeInteger(block.offset) || block.offset < end || block.length === 0) {
      throw new IndexDamagedError('a block does not begin where it can');
    }
    end = block.offset + block.length;
    recordsBefore += block.records;
  }
  if (end > segment.size) throw new IndexDamagedError('a block ends behind the segment');
  if (recordsBefore !== records) throw new IndexDamagedError('the blocks have other records');
  return blocks;
}

function entriesOf(bytes: Buffer): readonly BlockEntry[] {
  const blocks: BlockEntry[] = [];
  for (let at = 0; at + BLOCK_ENTRY_BYTES <= bytes.length; at += BLOCK_ENTRY_BYTES) {
    blocks.push({
      offset: bytes.readDoubleLE(at),
      length: bytes.readUInt32LE(at + 8),
      records: bytes.readUInt32LE(at + 12),
      firstMs: bytes.readDoubleLE(at + 16),
      lastMs: bytes.readDoubleLE(at + 24),
      lowestSequence: bytes.readDoubleLE(at + 32),
      highestSequence: bytes.readDoubleLE(at + 40),
    });
  }
  return blocks;
}

/** @throws IndexDamagedError when the bytes are not the ones that were written */
export function assertIntact(
  bytes: Buffer,
  { length, crc }: Pick<Section, 'length' | 'crc'>,
): void {
  if (bytes.length !== length || crc32(bytes) !== crc) {
    throw new IndexDamagedError('a checksum of the index does not fit');
  }
}

/**
 * Whatever keeps a part of the index from being read as what it should be is damage.
 *
 * @throws IndexDamagedError
 */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new IndexDamagedError('the index does not hold what it should', { cause });
  }
}
