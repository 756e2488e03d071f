import { describe, expect, it } from 'vitest';
import { MerkleFrontier } from '../../../src/transparency-log/frontier.js';
import { leafHash } from '../../../src/transparency-log/hashes.js';
import {
  InclusionProofBuilder,
  verifyInclusion,
} from '../../../src/transparency-log/inclusion-proof.js';
import { auditPath, treeHash } from './merkle-oracle.js';

/** Leaves and roots of the test data that Certificate Transparency's implementations share. */
const CT_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const CT_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leaves = Array.from({ length: 70 }, (_, index) => Buffer.from(`record ${String(index)}`));

function treeOf(data: readonly Buffer[]): MerkleFrontier {
  const tree = MerkleFrontier.empty();
  for (const each of data) tree.append(leafHash(each));
  return tree;
}

describe('MerkleFrontier', () => {
  it.each(CT_ROOTS.map((root, size) => ({ size, root })))(
    'has the known root of $size leaves',
    ({ size, root }) => {
      const data = CT_LEAVES.slice(0, size).map((hex) => Buffer.from(hex, 'hex'));
      expect(Buffer.from(treeOf(data).root(), 'base64').toString('hex')).toBe(root);
    },
  );

  it('has the root of the definition at every size', () => {
    for (let size = 0; size <= leaves.length; size += 1) {
      expect(treeOf(leaves.slice(0, size)).root()).toEqual(treeHash(leaves.slice(0, size)));
    }
  });

  it('goes on from its roots as if it had seen all the leaves', () => {
    for (let size = 0; size < leaves.length; size += 1) {
      const before = treeOf(leaves.slice(0, size));
      const continued = MerkleFrontier.from(before.size, before.roots);
      for (const leaf of leaves.slice(size)) continued?.append(leafHash(leaf));
      expect(continued?.root()).toEqual(treeHash(leaves));
      expect(before.size).toBe(size);
    }
  });

  it.each([
    { size: 0, roots: 1 },
    { size: 3, roots: 1 },
    { size: 4, roots: 2 },
  ])('is not made of $roots roots for $size leaves', ({ size, roots }) => {
    expect(MerkleFrontier.from(size, Array<string>(roots).fill(''))).toBeUndefined();
  });
});

describe('an inclusion proof', () => {
  it('is the path of the definition, wherever the leaves begin that are at hand', () => {
    const sizes = [1, 2, 3, 6, 7, 8, 9, 31, 32, 33, 70];
    for (const size of sizes) {
      const root = treeHash(leaves.slice(0, size));
      for (let index = 0; index < size; index += 1) {
        for (const first of new Set([0, Math.floor(index / 2), index])) {
          const path = proofFrom(first, index, size);
          expect(path).toEqual(auditPath(index, leaves.slice(0, size)));
          const leaf = leafHash(leaves[index] ?? Buffer.alloc(0));
          expect(verifyInclusion({ index, size, root }, leaf, path)).toBe(true);
        }
      }
    }
  });

  it('proves nothing else: another leaf, index, size, root or path', () => {
    const size = 13;
    const root = treeHash(leaves.slice(0, size));
    const path = proofFrom(0, 5, size);
    const leaf = leafHash(leaves[5] ?? Buffer.alloc(0));
    const other = leafHash(Buffer.from('another'));
    expect(verifyInclusion({ index: 5, size, root }, leaf, path)).toBe(true);
    expect(verifyInclusion({ index: 5, size, root }, other, path)).toBe(false);
    expect(verifyInclusion({ index: 4, size, root }, leaf, path)).toBe(false);
    expect(verifyInclusion({ index: 13, size, root }, leaf, path)).toBe(false);
    expect(verifyInclusion({ index: 5, size: 40, root }, leaf, path)).toBe(false);
    expect(verifyInclusion({ index: 5, size, root: other }, leaf, path)).toBe(false);
    expect(verifyInclusion({ index: 5, size, root }, leaf, path.slice(1))).toBe(false);
    expect(verifyInclusion({ index: 5, size, root }, leaf, [...path, other])).toBe(false);
  });
});

function proofFrom(first: number, index: number, size: number): string[] {
  const builder = new InclusionProofBuilder(index, size, treeOf(leaves.slice(0, first)));
  for (const leaf of leaves.slice(first, size)) builder.append(leafHash(leaf));
  return builder.path();
}
