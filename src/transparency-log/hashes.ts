import { hash } from 'node:crypto';

/**
 * A SHA-256 in standard base64, 44 characters. As text because Node gives it out, and takes it in,
 * twice as fast that way as in a Buffer, and because that is how logs and proofs have it.
 */
export type Hash = string;

const HASH_BYTES = 32;
const HASH = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;
const LINE_BYTES = 4096;

const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES);
nodeInput[0] = NODE_PREFIX;
let leafInput = Buffer.alloc(LINE_BYTES);

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Hash = hash('sha256', '', 'base64');

/** Tells whether a text is a hash, written as a strict encoder would. */
export function isHash(text: string): boolean {
  return HASH.test(text);
}

/**
 * Hashes a leaf: SHA-256 over 0x00 and its bytes.
 *
 * @param data holds the leaf from `start` to `end`
 * @see RFC 6962, section 2.1
 */
export function leafHash(data: Buffer, start = 0, end = data.length): Hash {
  const length = 1 + end - start;
  if (leafInput.length < length) leafInput = Buffer.alloc(2 * length);
  leafInput[0] = LEAF_PREFIX;
  data.copy(leafInput, 1, start, end);
  return hash('sha256', leafInput.subarray(0, length), 'base64');
}

/**
 * Hashes an inner node: SHA-256 over 0x01 and its children's hashes.
 *
 * @see RFC 6962, section 2.1
 */
export function nodeHash(left: Hash, right: Hash): Hash {
  nodeInput.write(left, 1, 'base64');
  nodeInput.write(right, 1 + HASH_BYTES, 'base64');
  return hash('sha256', nodeInput, 'base64');
}
