import { createHash } from 'node:crypto';

/**
 * The definitions of RFC 6962, section 2.1, word for word and slow: what the product is held
 * against.
 */
export function treeHash(leaves: readonly Buffer[]): string {
  return rootBytes(leaves).toString('base64');
}

function rootBytes(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return createHash('sha256').digest();
  if (leaves.length === 1) return sha256(Buffer.of(0), first);
  const k = split(leaves.length);
  return sha256(Buffer.of(1), rootBytes(leaves.slice(0, k)), rootBytes(leaves.slice(k)));
}

/** PATH(m, D[n]) of RFC 6962, section 2.1.1. */
export function auditPath(m: number, leaves: readonly Buffer[]): string[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...auditPath(m, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...auditPath(m - k, leaves.slice(k)), treeHash(leaves.slice(0, k))];
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function sha256(...parts: Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}
