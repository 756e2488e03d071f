import { hash } from 'node:crypto';

/** Bytes of a SHA-256. */
export const HASH_BYTES = 32;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;
const LINE_BYTES = 4096;

const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES);
nodeInput[0] = NODE_PREFIX;
let leafInput = Buffer.alloc(LINE_BYTES);

/** The root of a tree without leaves. */
export const EMPTY_ROOT = hash('sha256', '', 'buffer');

/**
 * Hash of a leaf: SHA-256 over 0x00 and its bytes.
 *
 * @returns 32 bytes
 * @see RFC 6962, section 2.1
 */
export function leafHash(data: Uint8Array): Buffer {
  const length = 1 + data.byteLength;
  if (leafInput.byteLength < length) leafInput = Buffer.alloc(2 * length);
  leafInput[0] = LEAF_PREFIX;
  leafInput.set(data, 1);
  return hash('sha256', leafInput.subarray(0, length), 'buffer');
}

/**
 * Hash of an inner node: SHA-256 over 0x01 and its children's hashes.
 *
 * @returns 32 bytes
 * @see RFC 6962, section 2.1
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return hash('sha256', nodeInput, 'buffer');
}
