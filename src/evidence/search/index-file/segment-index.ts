import { open } from 'node:fs/promises';
import { z } from 'zod';
import { type Condition, satisfies } from '../condition.js';
import type { Filter } from '../filter.js';
import { IndexBytes } from './index-bytes.js';
import {
  type BlockEntry,
  BUCKET_ENTRY_BYTES,
  decodeBlocks,
  type IndexHead,
  IndexDamagedError,
  POSTING_BYTES,
  parsed,
} from './layout.js';
import { BUCKETS, bucketOf, hasTerms, presenceTermOf, seedOf, termOf } from './terms.js';

const valuesSchema = z.array(z.string());

/** The index of a segment, open. */
export class SegmentIndex {
  readonly #bytes: IndexBytes;

  private constructor(bytes: IndexBytes) {
    this.#bytes = bytes;
  }

  /**
   * Opens an index and checks its head.
   *
   * @throws IndexDamagedError, or the file system's error
   */
  static async open(path: string): Promise<SegmentIndex> {
    const handle = await open(path);
    try {
      return new SegmentIndex(await IndexBytes.begin(handle));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** What it says of itself and of its segment. */
  get head(): IndexHead {
    return this.#bytes.head;
  }

  /** When the segment was changed last, as far as the index knows; ns since 1970. */
  get modifiedNs(): bigint {
    return this.#bytes.modifiedNs;
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#bytes.close();
  }

  /**
   * The blocks of the segment that may hold wanted records, in their order.
   *
   * @throws IndexDamagedError, or the file system's error
   */
  async candidates(filter: Filter): Promise<readonly BlockEntry[]> {
    let numbers: ReadonlySet<number> | undefined;
    for (const condition of filter.conditions) {
      const found = await this.#blocksWith(condition);
      if (found === undefined) continue;
      numbers = numbers === undefined ? found : intersection(numbers, found);
      if (numbers.size === 0) return [];
    }
    const all = decodeBlocks(await this.#bytes.section(this.head.blocks));
    const kept = numbers;
    const blocks = kept === undefined ? all : all.filter((_, number) => kept.has(number));
    return blocks.filter((block) => mayHold(block, filter));
  }

  /** @returns numbers of blocks; undefined where the index knows nothing of the field */
  async #blocksWith(condition: Condition): Promise<ReadonlySet<number> | undefined> {
    const { path, value, prefix } = condition;
    if (!hasTerms(path)) return undefined;
    const seed = seedOf(path);
    if (!prefix) return this.#blocksOfTerm(termOf(seed, value));
    const values = value === '' ? undefined : await this.#listedValues(path);
    if (values === undefined) return this.#blocksOfTerm(presenceTermOf(seed));
    const blocks = new Set<number>();
    for (const listed of values.filter((text) => satisfies(condition, text))) {
      for (const block of await this.#blocksOfTerm(termOf(seed, listed))) blocks.add(block);
    }
    return blocks;
  }

  async #listedValues(path: string): Promise<readonly string[] | undefined> {
    const entry = this.head.values.find((listed) => listed.path === path);
    if (entry === undefined) return undefined;
    const text = (await this.#bytes.section(entry.section)).toString();
    return parsed(() => valuesSchema.parse(JSON.parse(text)));
  }

  async #blocksOfTerm(term: number): Promise<Set<number>> {
    const postings = await this.#bucket(bucketOf(term));
    const blocks = new Set<number>();
    for (let at = 0; at < postings.length; at += POSTING_BYTES) {
      if (postings.readUInt32LE(at) === term) blocks.add(postings.readUInt16LE(at + 4));
    }
    return blocks;
  }

  async #bucket(bucket: number): Promise<Buffer> {
    const { buckets, postings } = this.head;
    const table = await this.#bytes.section(buckets);
    if (table.length !== BUCKETS * BUCKET_ENTRY_BYTES) throw new IndexDamagedError('no buckets');
    const first = table.readUInt32LE(bucket * BUCKET_ENTRY_BYTES) * POSTING_BYTES;
    const end =
      bucket + 1 < BUCKETS
        ? table.readUInt32LE((bucket + 1) * BUCKET_ENTRY_BYTES) * POSTING_BYTES
        : postings.length;
    const length = end - first;
    if (length < 0) throw new IndexDamagedError('a bucket ends before it begins');
    const crc = table.readUInt32LE(bucket * BUCKET_ENTRY_BYTES + 4);
    return this.#bytes.section({ offset: postings.offset + first, length, crc });
  }
}

function intersection(a: ReadonlySet<number>, b: ReadonlySet<number>): Set<number> {
  return new Set([...a].filter((number) => b.has(number)));
}

/** Whether the bounds of a block leave room for a wanted record. */
function mayHold(block: BlockEntry, { conditions, fromMs, toMs }: Filter): boolean {
  if (fromMs !== undefined && block.lastMs < fromMs) return false;
  if (toMs !== undefined && block.firstMs >= toMs) return false;
  return conditions.every(
    ({ path, value, prefix }) =>
      path !== 'sequence' ||
      prefix ||
      (Number(value) >= block.lowestSequence && Number(value) <= block.highestSequence),
  );
}
