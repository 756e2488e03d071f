import { crc32 } from 'node:zlib';
import { BUCKET_ENTRY_BYTES, POSTING_BYTES } from './layout.js';
import { BUCKETS, bucketOf, hasTerms, presenceTermOf, seedOf, termOf } from './terms.js';

/** A field with more values than this, or longer ones in all, has no list of them. */
const MAX_LISTED_VALUES = 4096;
const MAX_LISTED_CHARACTERS = 256 * 1024;
/** Fields of their own that are given a list; a record of an administrative act may have any. */
const MAX_LISTED_FIELDS = 1000;
/** Room for a term above a block's number, in a number that is exact up to 2^53. */
const BLOCK_RANGE = 0x10000;
const FIRST_CAPACITY = 1 << 16;

/** What is known of a field so far. */
interface Field {
  readonly seed: number;
  readonly presence: number;
  presentIn: number;
  /** Each value and the last block that it was in; undefined when there are too many. */
  values: Map<string, number> | undefined;
  characters: number;
}

/** Collects which values are in which blocks of a segment. */
export class PostingBuilder {
  readonly #fields = new Map<string, Field>();
  #postings = new Float64Array(FIRST_CAPACITY);
  #count = 0;

  /** Notes a value of a record in a block. Blocks come in their order. */
  add(path: string, value: string, block: number): void {
    if (!hasTerms(path)) return;
    const field = this.#fields.get(path) ?? this.#newField(path);
    if (field.presentIn !== block) {
      field.presentIn = block;
      this.#push(field.presence, block);
    }
    const { values } = field;
    if (values?.get(value) === block) return;
    this.#push(termOf(field.seed, value), block);
    if (values === undefined) return;
    if (!values.has(value)) field.characters += value.length;
    values.set(value, block);
    if (values.size > MAX_LISTED_VALUES || field.characters > MAX_LISTED_CHARACTERS) {
      field.values = undefined;
    }
  }

  /** The fields that have a list of all their values. */
  *listedValues(): Generator<readonly [path: string, values: readonly string[]]> {
    for (const [path, { values }] of this.#fields) {
      if (values !== undefined) yield [path, [...values.keys()]];
    }
  }

  /** The tables of what was noted. */
  finish(): { readonly buckets: Buffer; readonly postings: Buffer } {
    const sorted = this.#postings.subarray(0, this.#count).sort();
    const postings = Buffer.allocUnsafe(sorted.length * POSTING_BYTES);
    const starts = new Array<number>(BUCKETS).fill(0);
    let count = 0;
    let before = -1;
    for (const posting of sorted) {
      if (posting === before) continue;
      before = posting;
      const term = Math.floor(posting / BLOCK_RANGE);
      postings.writeUInt32LE(term, count * POSTING_BYTES);
      postings.writeUInt16LE(posting % BLOCK_RANGE, count * POSTING_BYTES + 4);
      count += 1;
      const next = bucketOf(term) + 1;
      if (next < BUCKETS) starts[next] = count;
    }
    const used = postings.subarray(0, count * POSTING_BYTES);
    return { buckets: bucketTable(starts, used), postings: used };
  }

  #newField(path: string): Field {
    const seed = seedOf(path);
    const values = this.#fields.size < MAX_LISTED_FIELDS ? new Map<string, number>() : undefined;
    const presence = presenceTermOf(seed);
    const field: Field = { seed, presence, presentIn: -1, values, characters: 0 };
    this.#fields.set(path, field);
    return field;
  }

  #push(term: number, block: number): void {
    if (this.#count === this.#postings.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#postings);
      this.#postings = larger;
    }
    this.#postings[this.#count] = term * BLOCK_RANGE + block;
    this.#count += 1;
  }
}

/** @param starts number of the first posting of each bucket; 0 for one that begins where the one before does */
function bucketTable(starts: readonly number[], postings: Buffer): Buffer {
  const table = Buffer.alloc(BUCKETS * BUCKET_ENTRY_BYTES);
  const firsts: number[] = [];
  let reached = 0;
  for (const start of starts) {
    reached = Math.max(reached, start);
    firsts.push(reached);
  }
  for (const [bucket, first] of firsts.entries()) {
    const end = (firsts[bucket + 1] ?? postings.length / POSTING_BYTES) * POSTING_BYTES;
    table.writeUInt32LE(first, bucket * BUCKET_ENTRY_BYTES);
    table.writeUInt32LE(
      crc32(postings.subarray(first * POSTING_BYTES, end)),
      bucket * BUCKET_ENTRY_BYTES + 4,
    );
  }
  return table;
}
