import type { Hash } from '../../transparency-log/hashes.js';
import { readSegmentHeader } from '../read/segment-header.js';
import type { SegmentName } from './chain.js';
import type { CheckpointSet } from './checkpoint-set.js';

/**
 * More than any log has segments that are closed; a forged one may have as many as it has files.
 */
const MAX_KEPT = 1000;

/** The end of a closed segment that no checkpoint was read for. */
export interface UnsealedEnd {
  /** Name of the closed segment's file. */
  readonly file: string;
  /** Number of records that the log had when it was closed. */
  readonly size: number;
  /** Size of the next checkpoint that was right; undefined where there is none. */
  readonly coveredBy: number | undefined;
}

/** Checks that a checkpoint vouches for the end of each closed segment. */
export class Seals {
  readonly #checkpoints: CheckpointSet;
  readonly #unsealed: UnsealedEnd[] = [];
  #fileBefore: string | undefined;
  /** Beginning of the last segment, and the root that it gives for what was before. */
  #last: { readonly size: number; readonly root: Hash | undefined } | undefined;

  constructor(checkpoints: CheckpointSet) {
    this.#checkpoints = checkpoints;
  }

  /** True when nothing that was read vouches for the end of the segment before the last one. */
  get isLastUnsealed(): boolean {
    return this.#last !== undefined && this.#unsealed.at(-1)?.size === this.#last.size;
  }

  /**
   * A segment begins.
   *
   * @param expected sequence of the record that should come
   */
  begin({ file, first }: SegmentName, line: Buffer, expected: number): void {
    const before = this.#fileBefore;
    this.#fileBefore = file;
    this.#last = undefined;
    const isNext = before !== undefined && first === expected;
    if (!isNext || this.#checkpoints.signedFor(first).length > 0) return;
    this.#last = { size: first, root: readSegmentHeader(line)?.before.root() };
    if (this.#unsealed.length >= MAX_KEPT) return;
    this.#unsealed.push({ file: before, size: first, coveredBy: undefined });
  }

  /** Takes note of a checkpoint of this size that is right. */
  vouched(size: number): void {
    for (let at = this.#unsealed.length - 1; at >= 0; at -= 1) {
      const end = this.#unsealed[at];
      if (end === undefined || end.coveredBy !== undefined) return;
      this.#unsealed[at] = { ...end, coveredBy: size };
    }
  }

  /** The ends that nothing was signed for, as far as is known by now. */
  unsealed(): readonly UnsealedEnd[] {
    const last = this.#last;
    const isSealedLate =
      last !== undefined &&
      this.#checkpoints.signedFor(last.size).some(({ root }) => root === last.root);
    return this.#unsealed.filter(({ size }) => !(isSealedLate && size === last.size));
  }
}
