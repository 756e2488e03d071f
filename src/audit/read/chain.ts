import type { MerkleFrontier } from '../../transparency-log/frontier.js';
import { type Hash, leafHash } from '../../transparency-log/hashes.js';
import { SCHEMA_VERSION } from '../record/index.js';

/** Longer than the beginning of any line. */
const HEAD_BYTES = 256;
const head = Buffer.alloc(HEAD_BYTES);

/** Formats the beginning of each line in the file. */
export function lineStart(sequence: number): string {
  return `{"schema":${String(SCHEMA_VERSION)},"sequence":${String(sequence)},`;
}

/** Formats the part of a line that names the record before it; empty in record 0. */
export function linkTo(previous: string | undefined): string {
  return previous === undefined ? '' : `"previous":"${previous}",`;
}

/** Tells whether a line begins as the one at that place in the log does. */
export function isInPlace(
  line: Buffer,
  sequence: number,
  previous: Hash | undefined,
  [start, end]: readonly [start: number, end: number] = [0, line.length],
): boolean {
  const length = head.write(`${lineStart(sequence)}${linkTo(previous)}`, 'latin1');
  return end - start >= length && line.compare(head, 0, length, start, start + length) === 0;
}

/** The lines of a log, one after the other, as they make its tree. */
export class Chain {
  readonly #tree: MerkleFrontier;
  #previous: Hash | undefined;

  /**
   * @param before the tree of the records before the first line
   * @param previous leaf hash of the last of them, as far as it is known
   */
  constructor(before: MerkleFrontier, previous: Hash | undefined) {
    this.#tree = before.copy();
    this.#previous = previous;
  }

  /** The tree of all records so far. Its size is the sequence of the next one. */
  get tree(): MerkleFrontier {
    return this.#tree;
  }

  /** Leaf hash of the last line. */
  get previous(): Hash | undefined {
    return this.#previous;
  }

  /** Tells whether a line is the next one, by its number and its link to the one before. */
  isNext(bytes: Buffer, start: number, end: number): boolean {
    return isInPlace(bytes, this.#tree.size, this.#previous, [start, end]);
  }

  /** Adds a line, whatever it says. */
  append(bytes: Buffer, start: number, end: number): void {
    const leaf = leafHash(bytes, start, end);
    this.#tree.append(leaf);
    this.#previous = leaf;
  }
}
