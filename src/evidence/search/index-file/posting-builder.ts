import { crc32 } from 'node:zlib';
import { ByteSink } from './byte-sink.js';
import { BUCKET_ENTRY_BYTES, MAX_RECORDS } from './layout.js';
import { writePostingList } from './posting-list.js';
import { BUCKETS, bucketOf, hasTerms, presenceTermOf, seedOf, termOf } from './terms.js';

/** A field with more values than this, or longer ones in all, has no list of them. */
const MAX_LISTED_VALUES = 4096;
const MAX_LISTED_CHARACTERS = 256 * 1024;
/** Fields of their own that are given a list; a record of an administrative act may have any. */
const MAX_LISTED_FIELDS = 1000;
const FIRST_CAPACITY = 1 << 16;

/** What is known of a field so far. */
interface Field {
  readonly seed: number;
  readonly present: number[];
  /** Each value and the records that have it; undefined when there are too many. */
  values: Map<string, number[]> | undefined;
  characters: number;
}

interface PostingList {
  readonly term: number;
  readonly ordinals: readonly number[];
}

/** Collects which values are in which records of a segment. */
export class PostingBuilder {
  readonly #fields = new Map<string, Field>();
  /** Of fields with many values: a term and a record in one number, to be sorted. */
  #single = new Float64Array(FIRST_CAPACITY);
  #singles = 0;

  /** Notes a value of a record. @param ordinal number of the record; they come in their order */
  add(path: string, value: string, ordinal: number): void {
    if (!hasTerms(path)) return;
    const field = this.#fields.get(path) ?? this.#newField(path);
    push(field.present, ordinal);
    const { values } = field;
    if (values === undefined) {
      this.#push(termOf(field.seed, value), ordinal);
      return;
    }
    const known = values.get(value);
    if (known !== undefined) {
      push(known, ordinal);
      return;
    }
    values.set(value, [ordinal]);
    field.characters += value.length;
    if (values.size > MAX_LISTED_VALUES || field.characters > MAX_LISTED_CHARACTERS) {
      this.#unlist(field, values);
    }
  }

  /** The fields that have a list of all their values. */
  *listedValues(): Generator<readonly [path: string, values: readonly string[]]> {
    for (const [path, { values }] of this.#fields) {
      if (values !== undefined) yield [path, [...values.keys()]];
    }
  }

  /** The tables of what was noted. @param records how many there are */
  finish(records: number): { readonly buckets: Buffer; readonly postings: Buffer } {
    const lists = this.#listsByBucket();
    const singles = this.#single.subarray(0, this.#singles).sort();
    const table = Buffer.alloc(BUCKETS * BUCKET_ENTRY_BYTES);
    const sink = new ByteSink();
    let at = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const start = sink.length;
      for (const { term, ordinals } of lists[bucket] ?? []) {
        writePostingList(sink, term, ordinals, records);
      }
      at = writeSingles(sink, singles, at, { bucket, records });
      table.writeUInt32LE(start, bucket * BUCKET_ENTRY_BYTES);
      table.writeUInt32LE(crc32(sink.from(start)), bucket * BUCKET_ENTRY_BYTES + 4);
    }
    return { buckets: table, postings: Buffer.from(sink.from(0)) };
  }

  #listsByBucket(): readonly (readonly PostingList[])[] {
    const buckets: PostingList[][] = Array.from({ length: BUCKETS }, () => []);
    const add = (term: number, ordinals: readonly number[]): void => {
      buckets[bucketOf(term)]?.push({ term, ordinals });
    };
    for (const { seed, present, values } of this.#fields.values()) {
      add(presenceTermOf(seed), present);
      for (const [value, ordinals] of values ?? []) add(termOf(seed, value), ordinals);
    }
    return buckets;
  }

  #newField(path: string): Field {
    const values = this.#fields.size < MAX_LISTED_FIELDS ? new Map<string, number[]>() : undefined;
    const field: Field = { seed: seedOf(path), present: [], values, characters: 0 };
    this.#fields.set(path, field);
    return field;
  }

  #unlist(field: Field, values: ReadonlyMap<string, readonly number[]>): void {
    for (const [value, ordinals] of values) {
      const term = termOf(field.seed, value);
      for (const ordinal of ordinals) this.#push(term, ordinal);
    }
    field.values = undefined;
  }

  #push(term: number, ordinal: number): void {
    if (this.#singles === this.#single.length) {
      const larger = new Float64Array(this.#singles * 2);
      larger.set(this.#single);
      this.#single = larger;
    }
    this.#single[this.#singles] = term * MAX_RECORDS + ordinal;
    this.#singles += 1;
  }
}

/** A list can have a value twice. */
function push(ordinals: number[], ordinal: number): void {
  if (ordinals.at(-1) !== ordinal) ordinals.push(ordinal);
}

/** @returns where the next bucket begins in `singles` */
function writeSingles(
  sink: ByteSink,
  singles: Float64Array,
  from: number,
  { bucket, records }: { readonly bucket: number; readonly records: number },
): number {
  let at = from;
  while (at < singles.length) {
    const term = Math.floor((singles[at] ?? 0) / MAX_RECORDS);
    if (bucketOf(term) !== bucket) return at;
    const ordinals: number[] = [];
    for (; Math.floor((singles[at] ?? 0) / MAX_RECORDS) === term && at < singles.length; at += 1) {
      push(ordinals, (singles[at] ?? 0) % MAX_RECORDS);
    }
    writePostingList(sink, term, ordinals, records);
  }
  return at;
}
