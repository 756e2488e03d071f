import type { Hash } from '../../transparency-log/hashes.js';
import { Chain } from '../read/chain.js';
import { forEachLine } from '../read/line-chunks.js';
import { lineChunks, type SegmentPath } from '../read/lines.js';
import { readSegmentHeader } from '../read/segment-header.js';
import { type SegmentBefore, SegmentTimes } from '../read/segment-times.js';
import { isUnreadable } from '../read/unreadable.js';
import { TellingLines } from './own-words.js';

const LINE_FEED = 0x0a;
/** The first two lines and the last of a segment are handed on as they are. */
const MIN_RECORDS = 3;

/** A line, one character for each byte, and its place in the log. */
export interface PlacedLine {
  readonly sequence: number;
  readonly line: string;
}

/** The tree of the records before one. */
export interface SizedRoot {
  readonly size: number;
  readonly root: Hash;
}

/**
 * A segment in which every line follows on from the one before: all that verification needs of it,
 * as plain data, so that another thread can have made it. Lines are one character for each byte.
 */
export interface SegmentDigest {
  readonly records: number;
  readonly firstLine: string;
  readonly secondLine: string;
  readonly lastLine: string;
  /** Roots of the perfect subtrees of the tree over all records before the last, largest first. */
  readonly frontier: readonly Hash[];
  /** Leaf hash of the last but one. */
  readonly previous: Hash;
  /** Roots of the trees of the sizes that were asked for, up to the record before the last. */
  readonly roots: readonly SizedRoot[];
  /** Lines in which the log tells of itself, between the first and the last. */
  readonly telling: readonly PlacedLine[];
  /** Times of the records before the last. */
  readonly times: SegmentBefore;
  /** Bytes at the end that are no whole line. */
  readonly tornBytes: number;
}

/** The segment to be digested. */
export interface DigestTask {
  readonly segment: SegmentPath & { readonly first: number };
  /** Sizes of trees whose roots are asked for, ascending. */
  readonly sizes: readonly number[];
}

/** Follows the lines of a segment, as they are handed in, for as long as each is in its place. */
export class SegmentDigester {
  readonly #first: number;
  readonly #sizes: readonly number[];
  readonly #tellingLines = new TellingLines();
  readonly #roots: SizedRoot[] = [];
  readonly #telling: PlacedLine[] = [];
  readonly #head: string[] = [];
  readonly #times: SegmentTimes;
  #chain: Chain | undefined;
  #nextSize = 0;
  /** The last line so far, which is not in the chain yet. */
  #held: Buffer | undefined;
  #isWhole = true;

  constructor({ segment, sizes }: DigestTask) {
    this.#first = segment.first;
    this.#sizes = sizes;
    this.#times = new SegmentTimes(segment.first);
  }

  /**
   * Takes the next lines.
   *
   * @param lines whole ones, each with its line feed
   * @returns whether all were in their place so far
   */
  add(lines: Buffer): boolean {
    if (lines.length === 0 || !this.#isWhole) return this.#isWhole;
    if (this.#held !== undefined) this.#take(this.#held, 0, this.#held.length);
    const last = lines.length < 2 ? 0 : lines.lastIndexOf(LINE_FEED, lines.length - 2) + 1;
    this.#held = lines.subarray(last, lines.length - 1);
    forEachLine(lines.subarray(0, last), (start, end) => {
      if (this.#isWhole) this.#take(lines, start, end);
    });
    return this.#isWhole;
  }

  /**
   * Ends the segment.
   *
   * @returns undefined where a line is not in its place, or the segment is too short
   */
  end(tornBytes: number): SegmentDigest | undefined {
    const [firstLine, secondLine] = this.#head;
    const [chain, last] = [this.#chain, this.#held];
    if (!this.#isWhole || chain === undefined || last === undefined) return undefined;
    if (firstLine === undefined || secondLine === undefined) return undefined;
    if (chain.previous === undefined || !chain.isNext(last, 0, last.length)) return undefined;
    return {
      records: chain.tree.size - this.#first + 1,
      firstLine,
      secondLine,
      lastLine: last.toString('latin1'),
      frontier: chain.tree.roots,
      previous: chain.previous,
      roots: this.#roots,
      telling: this.#telling,
      times: this.#times.told,
      tornBytes,
    };
  }

  #take(bytes: Buffer, start: number, end: number): void {
    this.#chain ??= this.#begin(bytes.subarray(start, end));
    if (this.#chain?.isNext(bytes, start, end) !== true) {
      this.#isWhole = false;
      return;
    }
    const sequence = this.#chain.tree.size;
    if (this.#head.length < MIN_RECORDS - 1) this.#head.push(bytes.toString('latin1', start, end));
    if (this.#tellingLines.has(bytes, start) && sequence > this.#first) {
      this.#telling.push({ sequence, line: bytes.toString('latin1', start, end) });
    }
    this.#times.add(bytes, start);
    this.#chain.append(bytes, start, end);
    if (this.#chain.tree.size === this.#sizes[this.#nextSize]) this.#keepRoot(this.#chain);
  }

  #begin(line: Buffer): Chain | undefined {
    const header = readSegmentHeader(line);
    if (header?.before.size !== this.#first) return undefined;
    return new Chain(header.before, header.record.previous);
  }

  #keepRoot({ tree }: Chain): void {
    this.#roots.push({ size: tree.size, root: tree.root() });
    this.#nextSize += 1;
  }
}

/** The digest of a segment, and the bytes that were read for it. */
export interface DigestedSegment {
  /** Undefined where the segment has to be read line by line. */
  readonly digest: SegmentDigest | undefined;
  /** Number of bytes of whole lines that were visited. */
  readonly visitedBytes: number;
}

/**
 * Reads a segment, up to the first chunk with a line that is not in its place.
 *
 * @param visit is called with the lines, each with its line feed, as far as the segment is read
 * @throws what is a fault of this program
 */
export async function digestSegment(
  task: DigestTask,
  visit?: (lines: Buffer) => void | Promise<void>,
): Promise<DigestedSegment> {
  const digester = new SegmentDigester(task);
  let visitedBytes = 0;
  let tornBytes = 0;
  try {
    for await (const { bytes, torn } of lineChunks(task.segment)) {
      await visit?.(bytes);
      visitedBytes += bytes.length;
      tornBytes = torn?.length ?? 0;
      if (!digester.add(bytes)) break;
    }
  } catch (error) {
    // The damage is told of when the segment is read line by line.
    if (!isUnreadable(error)) throw error;
    return { digest: undefined, visitedBytes };
  }
  return { digest: digester.end(tornBytes), visitedBytes };
}
