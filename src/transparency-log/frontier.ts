import { invariant } from '../shared/assert.js';
import { EMPTY_ROOT, type Hash, nodeHash } from './hashes.js';

/**
 * The part of a Merkle tree that is needed to add leaves to it and to compute its root: the roots
 * of the perfect subtrees that cover its leaves from left to right, largest first. Their sizes are
 * the powers of two of the number of leaves, so there are at most 53.
 *
 * @see RFC 6962, section 2.1
 */
export class MerkleFrontier {
  #size: number;
  readonly #roots: Hash[];

  private constructor(size: number, roots: Hash[]) {
    this.#size = size;
    this.#roots = roots;
  }

  /** The tree without leaves. */
  static empty(): MerkleFrontier {
    return new MerkleFrontier(0, []);
  }

  /**
   * @param roots of the perfect subtrees, largest first
   * @returns undefined where so many subtrees cannot make a tree of that size
   */
  static from(size: number, roots: readonly Hash[]): MerkleFrontier | undefined {
    if (subtreeSizes(size).length !== roots.length) return undefined;
    return new MerkleFrontier(size, [...roots]);
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** The roots of the perfect subtrees, largest first. */
  get roots(): readonly Hash[] {
    return this.#roots;
  }

  /** A tree of its own with the same leaves. */
  copy(): MerkleFrontier {
    return new MerkleFrontier(this.#size, [...this.#roots]);
  }

  /** @param leaf the hash of the next leaf */
  append(leaf: Hash): void {
    let node = leaf;
    // Every trailing 1 of the size is a subtree as large as what has been put together so far.
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) {
      const left = this.#roots.pop();
      invariant(left !== undefined, 'the frontier has a root for each 1 of its size');
      node = nodeHash(left, node);
    }
    this.#roots.push(node);
    this.#size += 1;
  }

  /** The root of the tree. */
  root(): Hash {
    return this.#roots.length === 0
      ? EMPTY_ROOT
      : this.#roots.reduceRight((right, left) => nodeHash(left, right));
  }

  /**
   * The tree over some of the leaves, where both ends are ends of perfect subtrees, or the second
   * lies behind the last leaf.
   */
  between(start: number, end: number): MerkleFrontier {
    let begin = 0;
    const roots: Hash[] = [];
    subtreeSizes(this.#size).forEach((size, index) => {
      const root = this.#roots[index];
      if (root !== undefined && begin >= start && begin < end) roots.push(root);
      begin += size;
    });
    return new MerkleFrontier(Math.min(end, this.#size) - start, roots);
  }
}

/** The powers of two that a number of leaves is made of, largest first. */
function subtreeSizes(size: number): number[] {
  const bits = [...size.toString(2)];
  return bits.flatMap((bit, index) => (bit === '1' ? [2 ** (bits.length - 1 - index)] : []));
}
