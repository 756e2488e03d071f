import { MerkleFrontier } from '../../transparency-log/frontier.js';
import { type Hash, leafHash } from '../../transparency-log/hashes.js';
import { claimsOf, isLineAt, linkTo } from '../read/line-head.js';
import { readSegmentHeader } from '../read/segment-header.js';
import { segmentStem } from '../read/segments.js';
import type { VerificationFinding } from './finding.js';
import { Ranges } from './ranges.js';
import { counted } from '../../shared/counted.js';

const LINK = /"previous":"[^"]*",/;

/** A segment, as findings name it. */
export interface SegmentName {
  /** Name of the file, without its folder. */
  readonly file: string;
  /** Sequence of its first record, as the file's name says. */
  readonly first: number;
}

/** The listener to a chain that is being followed. */
export interface ChainListener {
  found(finding: VerificationFinding): void;
  /** Roots that were signed for the tree of so many records. */
  signedRoots(size: number): readonly Hash[];
  /**
   * Tells whether a segment began with a record, as far as its neighbours and their checkpoints
   * say.
   */
  beganAt(sequence: number): boolean;
  /** Takes the tree after each leaf, while all leaves before are known. */
  grown(tree: MerkleFrontier): void;
}

/**
 * Follows the lines of a log and finds out which of them are not what was written. A record's hash
 * stands in its successor too, so a record that was changed, or a single one that was removed, does
 * not end the calculation: the hash that the successor names takes its place, and the next
 * signature says whether that was right.
 */
export class CheckedChain {
  readonly #listener: ChainListener;
  /** Undefined while leaves are unknown: between records that were removed and the next segment. */
  #tree: MerkleFrontier | undefined;
  /** The first record of a segment that alone says what came before it. */
  #treeRestsOn: number | undefined;
  #expected: number;
  /** Leaf hash of the line that was taken last, which is not in the tree yet. */
  #leaf: Hash | undefined;
  #leafText: Hash | undefined;
  /** Records that have not come, though later ones have. */
  readonly #missing = new Ranges();
  #file = '';
  /** Sequence of the first record of the segment that is being followed. */
  #fileFirst = 0;
  /** True when records that do not come now were in a file that could not be read. */
  #isUnread = false;
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

  /** Takes note that the rest of the segment could not be read. */
  stopReading(): void {
    this.#isUnread = true;
  }

  /**
   * A segment begins. Its first record says what came before it; the record itself is still to be
   * added.
   *
   * @param next the line that follows its first one
   */
  beginSegment({ file, first }: SegmentName, line: Buffer, next: Buffer | undefined): void {
    this.#settle(this.#linkOf(line, next));
    if (first > this.#expected) this.#missBefore(first);
    const fileBefore = this.#file;
    const beforeFirst = this.#fileFirst;
    this.#file = file;
    this.#fileFirst = first;
    this.#isUnread = false;
    const before = readSegmentHeader(line)?.before;
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
      if (this.#isGenuine(before, line, next)) {
        this.#foundBefore({ file: fileBefore, first: beforeFirst }, { file, first });
        this.#tree = before.copy();
      } else {
        this.#found('changed', first, `${file} says another thing of the records before it.`);
      }
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

  /** Ends the log: records that have not come are missing. */
  end(): void {
    this.#settle(undefined);
    for (const { first, last, file } of this.#missing.clear()) {
      const isSegment = this.#listener.beganAt(first) && file.startsWith(segmentStem(first));
      const which = isSegment ? `, and neither is the segment ${file}` : '';
      const message =
        first === last
          ? `Record ${String(first)} is not there${which}.`
          : `Records ${String(first)} to ${String(last)} are not there${which}.`;
      this.#listener.found({ kind: 'removed', file, sequence: first, lastSequence: last, message });
    }
    if (this.#missing.left === 0) return;
    const message = `Beyond that, ${counted(this.#missing.left, 'record is', 'records are')} not there.`;
    this.#listener.found({ kind: 'removed', file: this.#file, message });
  }

  /** Takes a line with the right number and the right hash of the line before: nearly all have. */
  #isInPlace(line: Buffer): boolean {
    if (!isLineAt(line, this.#expected, this.#leafText)) return false;
    this.#settle(this.#leaf);
    return true;
  }

  /**
   * The hash of the line before as the line that should come next has it.
   *
   * @returns undefined where it says nothing, and where nothing but that hash was changed in it:
   *   its successor has the hash of the line as it was
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
    this.#missing.add(this.#expected, sequence, this.#file);
    this.#goOn(sequence, isOne ? previous : undefined);
  }

  /**
   * Reports records that do not come before a segment: they were at the end of the file before, or
   * in one that is gone.
   */
  #missBefore(first: number): void {
    const expected = this.#expected;
    const isSegment = this.#file === '' || this.#listener.beganAt(expected);
    const file = isSegment ? `${segmentStem(expected)}.jsonl` : this.#file;
    if (!this.#isUnread) this.#missing.add(expected, first, file);
    this.#goOn(first, undefined);
  }

  /** @param leaf of the only record before that is not there, where it is known */
  #goOn(sequence: number, leaf: Hash | undefined): void {
    this.#expected = sequence;
    if (leaf === undefined) this.#tree = undefined;
    else this.#grow(leaf);
  }

  /** Tells whether the segment is as it was written, and the records before it are not. */
  #isGenuine(before: MerkleFrontier, line: Buffer, next: Buffer | undefined): boolean {
    const signed = this.#listener.signedRoots(before.size);
    if (signed.includes(before.root())) return true;
    if (this.#tree !== undefined && signed.includes(this.#tree.root())) return false;
    return claimsOf(next)?.previous === leafHash(line);
  }

  /** Reports changed records before a segment, unless a signature over them does so already. */
  #foundBefore(before: SegmentName, { file, first }: SegmentName): void {
    if (this.#listener.signedRoots(first).length > 0) return;
    this.#listener.found({
      kind: 'not-as-signed',
      file: before.file,
      sequence: before.first,
      lastSequence: first - 1,
      message: `Records ${String(before.first)} to ${String(first - 1)} are not those that ${file} was begun after.`,
    });
  }

  #misplaced(sequence: number): void {
    const place = `before record ${String(this.#expected)}`;
    if (this.#missing.delete(sequence)) {
      this.#found('reordered', sequence, `Record ${String(sequence)} stands ${place}.`);
    } else {
      this.#found('inserted', sequence, `A second record ${String(sequence)} stands ${place}.`);
    }
  }

  #found(kind: VerificationFinding['kind'], sequence: number, message: string): void {
    // The first record of a segment tells by itself that it was changed, and its successor tells it
    // too.
    if (kind === 'changed' && sequence === this.#lastChanged) return;
    if (kind === 'changed') this.#lastChanged = sequence;
    this.#listener.found({ kind, file: this.#file, sequence, message });
  }
}

function sameRoots(a: MerkleFrontier, b: MerkleFrontier): boolean {
  return a.roots.every((root, index) => b.roots[index] === root);
}
