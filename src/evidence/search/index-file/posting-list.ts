import { type ByteSink, ByteSource } from './byte-sink.js';

/**
 * A term and the records that have it:
 *
 *     u32 term, varint 2 × bytes that follow + (1 for a bitmap)
 *     a bitmap with the lowest bit of the first byte for record 0; or
 *     varints: the first record, then how much further each other one is
 */
const BITMAP_FLAG = 1;

/** Numbers of records, as a bit each. */
export type RecordSet = Uint8Array;

/** An empty set. @param records how many there are in the segment */
export function emptySet(records: number): RecordSet {
  return new Uint8Array((records + 7) >> 3);
}

/** Leaves only what is in both. */
export function keepCommon(set: RecordSet, other: RecordSet): void {
  for (let at = 0; at < set.length; at += 1) set[at] = (set[at] ?? 0) & (other[at] ?? 0);
}

/** Whether a set has a record from `first` on and before `end`. */
export function hasAny(set: RecordSet, first: number, end: number): boolean {
  for (let record = first; record < end; record += 1) {
    if (((set[record >> 3] ?? 0) & (1 << (record & 7))) !== 0) return true;
  }
  return false;
}

/** @param ordinals numbers of records in rising order */
export function writePostingList(
  sink: ByteSink,
  term: number,
  ordinals: readonly number[],
  records: number,
): void {
  const deltaBytes = bytesOfDeltas(ordinals);
  const bitmapBytes = (records + 7) >> 3;
  sink.writeUint32(term);
  if (bitmapBytes < deltaBytes) {
    sink.writeVarint(bitmapBytes * 2 + BITMAP_FLAG);
    const bitmap = emptySet(records);
    for (const ordinal of ordinals) add(bitmap, ordinal);
    sink.write(bitmap);
    return;
  }
  sink.writeVarint(deltaBytes * 2);
  let before = 0;
  for (const ordinal of ordinals) {
    sink.writeVarint(ordinal - before);
    before = ordinal;
  }
}

/** Adds the records that have a term to a set. @param bucket lists one after another */
export function collect(bucket: Buffer, term: number, set: RecordSet): void {
  const source = new ByteSource(bucket);
  while (!source.ended) {
    const found = source.readUint32() === term;
    const header = source.readVarint();
    const payload = source.read(Math.floor(header / 2));
    if (!found) continue;
    if ((header & BITMAP_FLAG) === 0) addDeltas(set, payload);
    else for (let at = 0; at < set.length; at += 1) set[at] = (set[at] ?? 0) | (payload[at] ?? 0);
  }
}

function addDeltas(set: RecordSet, payload: Buffer): void {
  const source = new ByteSource(payload);
  for (let ordinal = 0; !source.ended; ) {
    ordinal += source.readVarint();
    add(set, ordinal);
  }
}

function add(set: RecordSet, ordinal: number): void {
  const at = ordinal >> 3;
  if (at < set.length) set[at] = (set[at] ?? 0) | (1 << (ordinal & 7));
}

function bytesOfDeltas(ordinals: readonly number[]): number {
  let bytes = 0;
  let before = 0;
  for (const ordinal of ordinals) {
    bytes += varintBytes(ordinal - before);
    before = ordinal;
  }
  return bytes;
}

function varintBytes(value: number): number {
  if (value < 1 << 7) return 1;
  if (value < 1 << 14) return 2;
  return value < 1 << 21 ? 3 : 4;
}
