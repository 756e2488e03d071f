import { MerkleFrontier } from '../../transparency-log/frontier.js';
import { type Hash, leafHash } from '../../transparency-log/hashes.js';
import { lineStart, linkTo, readSegmentStart } from '../read/segment-replay.js';
import type { Finding } from './finding.js';
import { claimsOf } from './line-claims.js';
import { Ranges } from './ranges.js';

const LINK = /"previous":"[^"]*",/;

/** Where the beginning that a line should have is put together: longer than any. */
const lineHead = Buffer.alloc(256);

/** A segment, as findings name it. */
export interface SegmentName {
  /** Name of the file, without its folder. */
  readonly file: string;
  /** Sequence of its first record, as the file's name says. */
  readonly first: number;
}

/** What the chain tells about while it is followed. */
export interface ChainListener {
  found(finding: Finding): void;
  /** The tree has so many leaves, and every one of them is known. */
  grown(tree: MerkleFrontier): void;
}

/**
 * Follows the lines of a log and finds out which of them are not what was written. A record's hash
 * stands in its successor too, so a record that was changed, or a single one that was removed, does
 * not end the calculation: the hash that the successor names takes its place, and the next
 * signature says whether that was right.
 */
export class Chain {
  readonly #listener: ChainListener;
  /** Undefined while leaves are unknown: between records that were removed and the next segment. */
  #tree: MerkleFrontier | undefined;
  /** The first record of a segment that alone says what came before it. */
  #treeRestsOn: number | undefined;
  #expected: number;
  /** Of the line that was taken last; it is not in the tree yet. */
  #leaf: Hash | undefined;
  #leafText: Hash | undefined;
  /** Records that have not come, though later ones have. */
  readonly #missing = new Ranges();
  #file = '';
  #lastChanged: number | undefined;

  /** @param first sequence of the first record that is here */
  constructor(first: number, listener: ChainListener) {
    this.#expected = first;
    this.#listener = listener;
    this.#tree = first === 0 ? MerkleFrontier.empty() : undefined;
  }

  /** Sequence of the record that should come next. */
  get expected(): number {
    return this.#expected;
  }

  /**
   * A segment begins. Its first record says what came before it; the record itself is still to be added.
   *
   * @param next the line that follows its first one
   */
  beginSegment({ file, first }: SegmentName, line: Buffer, next: Buffer | undefined): void {
    const fileBefore = this.#file;
    this.#file = file;
    this.#settle(this.#linkOf(line, next));
    if (first > this.#expected) this.#miss(first);
    const before = readSegmentStart(line)?.before;
    if (before?.size !== first) {
      this.#found('changed', first, `Record ${String(first)} does not begin a segment.`);
      return;
    }
    if (first < this.#expected) {
      const last = String(this.#expected - 1);
      const message = `${fileBefore} goes on to record ${last}, and ${file} begins with record ${String(first)}.`;
      this.#listener.found({ kind: 'inserted', file: fileBefore, sequence: first, message });
    }
    if (this.#tree?.size !== first) {
      this.#tree = before.copy();
      this.#treeRestsOn = first;
    } else if (!sameRoots(before, this.#tree)) {
      this.#found('changed', first, `${file} says another thing of the records before it.`);
      // Where its successor says that it is what was written, those before it are not.
      if (claimsOf(next)?.previous === leafHash(line)) this.#tree = before.copy();
    }
    this.#expected = first;
  }

  /** @param next the line that follows, in this file or the next */
  add(line: Buffer, next: Buffer | undefined): void {
    if (this.#isInPlace(line)) {
      this.#take(line);
      return;
    }
    const claims = claimsOf(line);
    const expected = this.#expected;
    if (claims?.sequence === expected) {
      this.#settle(this.#linkOf(line, next));
      this.#take(line);
    } else if (claimsOf(next)?.sequence === expected + 1) {
      this.#settle(undefined);
      this.#take(line);
    } else if (claims === undefined) {
      this.#found('inserted', expected, `A line before record ${String(expected)} is no record.`);
    } else if (claims.sequence > expected) {
      this.#skipTo(claims.sequence, claims.previous);
      this.#take(line);
    } else {
      this.#misplaced(claims.sequence);
    }
  }

  /** No line comes any more: what has not come is gone. */
  end(): void {
    this.#settle(undefined);
    for (const [first, last] of this.#missing.clear()) {
      const what =
        first === last
          ? `Record ${String(first)} is`
          : `Records ${String(first)} to ${String(last)} are`;
      this.#found('removed', first, `${what} not there.`);
    }
  }

  /** Nearly always: the right number, and the right hash of the line before. */
  #isInPlace(line: Buffer): boolean {
    const text = `${lineStart(this.#expected)}${linkTo(this.#leafText)}`;
    const length = lineHead.write(text, 'latin1');
    if (line.length < length || line.compare(lineHead, 0, length, 0, length) !== 0) return false;
    this.#settle(this.#leaf);
    return true;
  }

  /**
   * The hash of the line before as the line that should come next has it.
   *
   * @returns undefined where it says nothing, and where nothing but that hash was changed in it: its
   *   successor has the hash of the line as it was
   */
  #linkOf(line: Buffer, next: Buffer | undefined): Hash | undefined {
    const claims = claimsOf(line);
    if (claims?.sequence !== this.#expected) return undefined;
    const written = claimsOf(next)?.previous;
    if (this.#leafText === undefined || written === undefined) return claims.previous;
    const mended = line.toString('latin1').replace(LINK, linkTo(this.#leafText));
    const wasLinked = leafHash(Buffer.from(mended, 'latin1')) === written;
    return wasLinked ? this.#leaf : claims.previous;
  }

  #take(line: Buffer): void {
    this.#leaf = leafHash(line);
    this.#leafText = this.#leaf;
    this.#expected += 1;
  }

  /**
   * Puts the line before into the tree.
   *
   * @param claimed its hash as the line after it has it; undefined where that says nothing
   */
  #settle(claimed: Hash | undefined): void {
    const leaf = this.#leaf;
    this.#leaf = undefined;
    if (leaf === undefined) return;
    const sequence = this.#expected - 1;
    if (claimed !== undefined && claimed !== leaf) {
      this.#found('changed', sequence, `Record ${String(sequence)} was changed.`);
      if (sequence === this.#treeRestsOn) this.#tree = undefined;
    }
    this.#grow(claimed ?? leaf);
  }

  #grow(leaf: Hash): void {
    if (this.#tree === undefined) return;
    this.#tree.append(leaf);
    this.#listener.grown(this.#tree);
  }

  /** @param previous hash of the last of the records that are not there */
  #skipTo(sequence: number, previous: Hash | undefined): void {
    this.#settle(undefined);
    const isOne = sequence === this.#expected + 1;
    this.#miss(sequence, isOne ? previous : undefined);
  }

  #miss(end: number, leaf?: Hash): void {
    this.#missing.add(this.#expected, end);
    this.#expected = end;
    if (leaf === undefined) this.#tree = undefined;
    else this.#grow(leaf);
  }

  #misplaced(sequence: number): void {
    const place = `before record ${String(this.#expected)}`;
    if (this.#missing.delete(sequence)) {
      this.#found('reordered', sequence, `Record ${String(sequence)} stands ${place}.`);
    } else {
      this.#found('inserted', sequence, `A second record ${String(sequence)} stands ${place}.`);
    }
  }

  #found(kind: Finding['kind'], sequence: number, message: string): void {
    // The first record of a segment tells by itself that it was changed, and its successor tells it too.
    if (kind === 'changed' && sequence === this.#lastChanged) return;
    if (kind === 'changed') this.#lastChanged = sequence;
    this.#listener.found({ kind, file: this.#file, sequence, message });
  }
}

function sameRoots(a: MerkleFrontier, b: MerkleFrontier): boolean {
  return a.roots.every((root, index) => b.roots[index] === root);
}
