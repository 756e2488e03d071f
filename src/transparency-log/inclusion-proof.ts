import { MerkleFrontier } from './frontier.js';
import { type Hash, nodeHash } from './hashes.js';

/**
 * A subtree beside the way from a leaf to the root: the leaves from `start` up to `end`, and their
 * tree so far.
 */
interface Sibling {
  readonly start: number;
  readonly end: number;
  readonly tree: MerkleFrontier;
}

/**
 * Builds an inclusion proof from the leaves in their order. The frontier before the first one
 * stands for the leaves before it.
 *
 * @see RFC 6962, section 2.1.1
 */
export class InclusionProofBuilder {
  readonly #siblings: readonly Sibling[];
  #next: number;

  /**
   * @param index of the leaf, from 0; at least the size of `before`
   * @param size of the tree that is proven to hold it; greater than `index`
   * @param before the tree of the leaves that will not go by
   */
  constructor(index: number, size: number, before: MerkleFrontier) {
    this.#next = before.size;
    this.#siblings = siblingRanges(index, size).map(({ start, end }) => ({
      start,
      end,
      tree: start < before.size ? before.between(start, end) : MerkleFrontier.empty(),
    }));
  }

  /** @param leaf the hash of the next leaf */
  append(leaf: Hash): void {
    const index = this.#next;
    this.#siblings.find(({ start, end }) => start <= index && index < end)?.tree.append(leaf);
    this.#next += 1;
  }

  /**
   * Returns the hashes of the siblings, from the leaf's up to that of the root's child. It is
   * called after every leaf of the tree has been added.
   */
  path(): Hash[] {
    return this.#siblings.map(({ tree }) => tree.root());
  }
}

/**
 * Tells whether a tree with this root has the leaf at this index.
 *
 * @param leaf its hash
 * @see RFC 9162, section 2.1.3.2
 */
export function verifyInclusion(
  { index, size, root }: { readonly index: number; readonly size: number; readonly root: Hash },
  leaf: Hash,
  path: readonly Hash[],
): boolean {
  if (index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && hash === root;
}

/** From the leaf up. */
function siblingRanges(index: number, size: number) {
  const ranges: { readonly start: number; readonly end: number }[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + largestPowerBelow(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

/** The largest power of two that is smaller; for 2 and more. */
function largestPowerBelow(count: number): number {
  let power = 1;
  while (2 * power < count) power *= 2;
  return power;
}
