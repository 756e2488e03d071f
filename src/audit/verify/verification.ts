import { basename } from 'node:path';
import { errnoOf } from '../../shared/errno.js';
import type { MerkleFrontier } from '../../transparency-log/frontier.js';
import { splitLines } from '../read/line-chunks.js';
import { lineChunks } from '../read/lines.js';
import { timeOfLine } from '../read/segment-times.js';
import { segmentStem, type Segment } from '../read/segments.js';
import { isUnreadable, reasonOf, UnreadableError } from '../read/unreadable.js';
import { CheckedChain, type SegmentName } from './chain.js';
import { CheckedTimes } from './checked-times.js';
import type { CheckpointSet } from './checkpoint-set.js';
import type { VerificationReport } from './finding.js';
import type { Findings } from './findings.js';
import { OwnWords } from './own-words.js';
import type { ReadingResult, VerificationScope } from './reading.js';
import { Seals } from './seals.js';
import { summary } from './summary.js';

/** Maximum findings in one segment. A forged file can hold billions of wrong lines. */
const MAX_FINDINGS = 10_000;

/** A line of the log, and the segment that it begins. */
interface HeldLine {
  readonly line: Buffer;
  readonly begins: SegmentName | undefined;
}

/** The verification of a log in one reading. */
export class Verification {
  readonly #checkpoints: CheckpointSet;
  readonly #findings: Findings;
  readonly #scope: VerificationScope;
  readonly #sizes: readonly number[];
  readonly #chain: CheckedChain;
  readonly #words = new OwnWords();
  readonly #seals: Seals;
  readonly #times: CheckedTimes;
  readonly #result: ReadingResult = {
    records: 0,
    end: 0,
    matchedSizes: [],
    matchedKept: 0,
    signedBy: new Set(),
    vouchedBefore: 0,
    root: undefined,
    firstTime: undefined,
    lastTime: undefined,
    tornBytes: 0,
    isUnread: false,
    isEndUnread: false,
    unread: [],
  };
  #nextSize = 0;
  #held: HeldLine | undefined;
  /** The segment that was read last, where it has no whole line. */
  #withoutLine: SegmentName | undefined;

  constructor(checkpoints: CheckpointSet, findings: Findings, scope: VerificationScope) {
    this.#checkpoints = checkpoints;
    this.#findings = findings;
    this.#scope = scope;
    this.#sizes = checkpoints.sizes;
    this.#seals = new Seals(checkpoints);
    this.#times = new CheckedTimes(findings);
    this.#chain = new CheckedChain(scope.first, {
      found: (finding) => {
        findings.add(finding);
      },
      signedRoots: (size) => checkpoints.signedFor(size).map(({ root }) => root),
      beganAt: (sequence) =>
        checkpoints.signedFor(sequence).length > 0 ||
        checkpoints.hasFile(`${segmentStem(sequence)}.checkpoints`),
      grown: (tree) => {
        this.#compare(tree);
      },
    });
  }

  /**
   * True when the newest segment was begun, and nothing that was read vouches for the end of the
   * one before.
   */
  get isLastUnsealed(): boolean {
    return this.#seals.isLastUnsealed;
  }

  /** Reads a segment; where its file is damaged, as far as that goes. */
  async read(segment: Segment): Promise<void> {
    const name = { file: basename(segment.path), first: segment.first };
    this.#closeBefore(name);
    this.#result.isEndUnread = false;
    try {
      this.#result.tornBytes = await this.#readLines(segment, name);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.#stopReading(name, error);
    }
  }

  /** @returns the result of the reading */
  end(): Omit<VerificationReport, 'directory' | 'origin' | 'segments'> {
    const result = this.#result;
    result.lastTime = this.#held && timeOfLine(this.#held.line);
    this.#follow(undefined);
    this.#findMisplacedEnd();
    this.#chain.end();
    result.end = this.#chain.expected;
    return summary({
      result,
      checkpoints: this.#checkpoints,
      findings: this.#findings,
      words: this.#words,
      seals: this.#seals,
      scope: this.#scope,
    });
  }

  /** @returns how many bytes at its end are no whole line */
  async #readLines(segment: Segment, name: SegmentName): Promise<number> {
    const before = this.#findings.total;
    let begins: SegmentName | undefined = name;
    let tornBytes = 0;
    for await (const { bytes, torn } of lineChunks(segment)) {
      if (bytes.length > 0) await this.#scope.visit?.(bytes);
      for (const line of splitLines(bytes)) {
        this.#push({ line, begins });
        begins = undefined;
        if (this.#findings.total - before <= MAX_FINDINGS) continue;
        const what = `has more than ${String(MAX_FINDINGS)} lines that do not belong there`;
        throw new UnreadableError(segment.path, what);
      }
      tornBytes = torn?.length ?? 0;
    }
    if (begins !== undefined && segment.compressed) {
      throw new UnreadableError(segment.path, 'holds no line');
    }
    this.#withoutLine = begins;
    return tornBytes;
  }

  /** Ends the reading of a damaged file. Its records are not called missing as well. */
  #stopReading({ file, first }: SegmentName, error: Error): void {
    this.#result.tornBytes = 0;
    this.#result.isUnread = true;
    this.#result.isEndUnread = true;
    this.#chain.stopReading();
    const from = Math.max(first, this.#chain.expected + (this.#held === undefined ? 0 : 1));
    const isRefused = errnoOf(error) !== undefined;
    if (isRefused) this.#result.unread.push(file);
    const message = `${file} ${isRefused ? 'could not be read: ' : ''}${reasonOf(error)}. What stands there from record ${String(from)} on was not looked at.`;
    this.#findings.add({ kind: 'unreadable', file, sequence: from, message });
  }

  #push(held: HeldLine): void {
    this.#follow(held.line);
    this.#held = held;
    if (this.#result.records === 0) this.#result.firstTime = timeOfLine(held.line);
    this.#result.records += 1;
  }

  /** Looks at a line when the one after it is known. */
  #follow(next: Buffer | undefined): void {
    if (this.#held === undefined) return;
    const { line, begins } = this.#held;
    if (begins !== undefined) {
      const before = this.#findings.total;
      this.#seals.begin(begins, line, this.#chain.expected);
      this.#chain.beginSegment(begins, line, next);
      this.#times.begin(begins, line, before);
    }
    this.#times.add(line);
    this.#words.add(line, this.#chain.expected);
    this.#chain.add(line, next);
    this.#held = undefined;
  }

  /**
   * Reports half a line before a segment: only the last one may end in a line that was being
   * written.
   */
  #closeBefore({ file, first }: SegmentName): void {
    if (this.#result.tornBytes === 0) return;
    const message = `Before ${file} stand ${String(this.#result.tornBytes)} bytes that are no whole line.`;
    this.#findings.add({ kind: 'unreadable', file, sequence: first, message });
  }

  /**
   * Reports a last segment without a line, which a server that was killed leaves only where the
   * next one begins.
   */
  #findMisplacedEnd(): void {
    const expected = this.#chain.expected;
    if (this.#withoutLine === undefined || this.#withoutLine.first === expected) return;
    const { file, first } = this.#withoutLine;
    const message = `${file} holds no record, and the log ends before record ${String(expected)}.`;
    this.#findings.add({ kind: 'unreadable', file, sequence: first, message });
  }

  #compare(tree: MerkleFrontier): void {
    const { size } = tree;
    while ((this.#sizes[this.#nextSize] ?? Number.POSITIVE_INFINITY) < size) this.#nextSize += 1;
    if (this.#sizes[this.#nextSize] !== size) return;
    const root = tree.root();
    for (const signed of this.#checkpoints.signedFor(size)) {
      if (signed.root === root) {
        this.#result.matchedSizes.push(size);
        if (signed.isKept) this.#result.matchedKept += 1;
        this.#result.signedBy.add(signed.signedBy);
        this.#seals.vouched(size);
        this.#result.vouchedBefore = size;
        this.#result.root = root;
      } else {
        const from = Math.max(this.#result.vouchedBefore, this.#scope.first);
        this.#findings.add({
          kind: 'not-as-signed',
          file: signed.file,
          sequence: from,
          lastSequence: size - 1,
          message: `Records ${String(from)} to ${String(size - 1)} are not those that were signed (checkpoint of size ${String(size)} in ${signed.file}).`,
        });
      }
    }
  }
}
