import { type Hash, isHash } from './hashes.js';
import { NoteError } from './signed-note.js';

/** A proof that a leaf is in a log, without the leaf. */
export interface TlogProof {
  /** Of the leaf, from 0. */
  readonly index: number;
  /** From the leaf's sibling up to the root's child. */
  readonly path: readonly Hash[];
  /** The signed note. */
  readonly checkpoint: string;
}

const HEADER = 'c2sp.org/tlog-proof@v1';
const PROOF =
  /^c2sp\.org\/tlog-proof@v1\n(?:extra [^\n]*\n)?index (?<index>0|[1-9][0-9]{0,14})\n(?<path>(?:[^\n]+\n)*)\n(?<checkpoint>[^]+)$/;

/**
 * Formats a proof as text.
 *
 * @see C2SP tlog-proof, section Format
 */
export function formatTlogProof({ index, path, checkpoint }: TlogProof): string {
  const hashes = path.map((hash) => `${hash}\n`).join('');
  return `${HEADER}\nindex ${String(index)}\n${hashes}\n${checkpoint}`;
}

/**
 * Parses a proof without checking it.
 *
 * @throws NoteError for a text that is no proof
 * @see C2SP tlog-proof, section Format
 */
export function parseTlogProof(text: string): TlogProof {
  const { index, path, checkpoint } = PROOF.exec(text)?.groups ?? {};
  if (index === undefined || path === undefined || checkpoint === undefined) {
    throw new NoteError('not a proof of c2sp.org/tlog-proof@v1');
  }
  const hashes = path.split('\n').slice(0, -1);
  if (!hashes.every(isHash)) {
    throw new NoteError('a hash of the proof is not 32 bytes of base64');
  }
  return { index: Number(index), path: hashes, checkpoint };
}
