import type { MerkleFrontier } from '../../transparency-log/frontier.js';
import { type Hash, leafHash } from '../../transparency-log/hashes.js';
import { SCHEMA_VERSION } from '../record/index.js';

/** Room for the beginning of any line, in bytes. */
const HEAD_BYTES = 256;
const LINK_END = '",';
const ZERO = 0x30;
const NINE = 0x39;

/** Formats the beginning of each line in the file. */
export function lineStart(sequence: number): string {
  return `{"schema":${String(SCHEMA_VERSION)},"sequence":${String(sequence)},`;
}

/** Formats the part of a line that names the record before it; empty in record 0. */
export function linkTo(previous: string | undefined): string {
  return previous === undefined ? '' : `"previous":"${previous}${LINK_END}`;
}

/** The bytes with which the line at a place in the log begins. */
export class LineHead {
  readonly #bytes = Buffer.alloc(HEAD_BYTES);
  #length = 0;
  /** Place behind the last digit of the number; 0 before there is one with a hash behind it. */
  #numberEnd = 0;

  /** Goes to a place in the log. */
  moveTo(sequence: number, previous: Hash | undefined): void {
    const start = lineStart(sequence);
    this.#length = this.#bytes.write(`${start}${linkTo(previous)}`, 'latin1');
    this.#numberEnd = previous === undefined ? 0 : start.length - 1;
  }

  /** Goes to the next place, in far less time. @param sequence of it */
  advance(sequence: number, previous: Hash): void {
    let at = this.#numberEnd - 1;
    for (; this.#bytes[at] === NINE; at -= 1) this.#bytes[at] = ZERO;
    const digit = this.#bytes[at];
    if (digit === undefined || digit < ZERO || digit > NINE) {
      this.moveTo(sequence, previous);
      return;
    }
    this.#bytes[at] = digit + 1;
    this.#bytes.write(previous, this.#length - previous.length - LINK_END.length, 'latin1');
  }

  /** Tells whether a line begins with these bytes. */
  begins(bytes: Buffer, start: number, end: number): boolean {
    const length = this.#length;
    return (
      end - start >= length && bytes.compare(this.#bytes, 0, length, start, start + length) === 0
    );
  }
}

/** The lines of a log, one after the other, as they make its tree. */
export class Chain {
  readonly #tree: MerkleFrontier;
  readonly #head = new LineHead();
  #previous: Hash | undefined;

  /**
   * @param before the tree of the records before the first line
   * @param previous leaf hash of the last of them, as far as it is known
   */
  constructor(before: MerkleFrontier, previous: Hash | undefined) {
    this.#tree = before.copy();
    this.#previous = previous;
    this.#head.moveTo(before.size, previous);
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
    return this.#head.begins(bytes, start, end);
  }

  /** Adds a line, whatever it says. */
  append(bytes: Buffer, start: number, end: number): void {
    const leaf = leafHash(bytes, start, end);
    this.#tree.append(leaf);
    this.#previous = leaf;
    this.#head.advance(this.#tree.size, leaf);
  }
}
