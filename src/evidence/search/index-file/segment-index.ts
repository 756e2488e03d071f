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
  parsed,
} from './layout.js';
import { collect, emptySet, hasAny, keepCommon, type RecordSet } from './posting-list.js';
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
    let wanted: RecordSet | undefined;
    for (const condition of filter.conditions) {
      const found = await this.#recordsWith(condition);
      if (found === undefined) continue;
      if (wanted === undefined) wanted = found;
      else keepCommon(wanted, found);
    }
    const blocks = decodeBlocks(await this.#bytes.section(this.head.blocks), this.head);
    let first = 0;
    return blocks.filter((block) => {
      const end = first + block.records;
      const holds = wanted === undefined || hasAny(wanted, first, end);
      first = end;
      return holds && mayHold(block, filter);
    });
  }

  /** @returns undefined where the index knows nothing of the field */
  async #recordsWith(condition: Condition): Promise<RecordSet | undefined> {
    const { path, value, prefix } = condition;
    if (!hasTerms(path)) return undefined;
    const seed = seedOf(path);
    const found = emptySet(this.head.records);
    if (!prefix) {
      await this.#collect(termOf(seed, value), found);
      return found;
    }
    const values = value === '' ? undefined : await this.#listedValues(path);
    if (values === undefined) await this.#collect(presenceTermOf(seed), found);
    for (const listed of values ?? []) {
      if (satisfies(condition, listed)) await this.#collect(termOf(seed, listed), found);
    }
    return found;
  }

  async #listedValues(path: string): Promise<readonly string[] | undefined> {
    const entry = this.head.values.find((listed) => listed.path === path);
    if (entry === undefined) return undefined;
    const text = (await this.#bytes.section(entry.section)).toString();
    return parsed(() => valuesSchema.parse(JSON.parse(text)));
  }

  async #collect(term: number, found: RecordSet): Promise<void> {
    const bucket = await this.#bucket(bucketOf(term));
    parsed(() => {
      collect(bucket, term, found);
    });
  }

  async #bucket(bucket: number): Promise<Buffer> {
    const { buckets, postings } = this.head;
    const table = await this.#bytes.section(buckets);
    if (table.length !== BUCKETS * BUCKET_ENTRY_BYTES) throw new IndexDamagedError('no buckets');
    const first = table.readUInt32LE(bucket * BUCKET_ENTRY_BYTES);
    const end =
      bucket + 1 < BUCKETS
        ? table.readUInt32LE((bucket + 1) * BUCKET_ENTRY_BYTES)
        : postings.length;
    const length = end - first;
    if (length < 0) throw new IndexDamagedError('a bucket ends before it begins');
    const crc = table.readUInt32LE(bucket * BUCKET_ENTRY_BYTES + 4);
    return this.#bytes.section({ offset: postings.offset + first, length, crc });
  }
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
