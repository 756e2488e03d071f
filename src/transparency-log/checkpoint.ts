import { type Hash, isHash } from './hashes.js';
import { NoteError, type NoteSigner, openNote, signNote, type VerifierKey } from './signed-note.js';

/** The state of a log that its owner vouches for. */
export interface Checkpoint {
  /** Unique name of the log. */
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  /** Root of the tree over them. */
  readonly root: Hash;
}

const BODY = /^(?<origin>[^\n]+)\n(?<size>0|[1-9][0-9]{0,14})\n(?<root>[^\n]+)\n(?:[^\n]+\n)*$/;

/**
 * Signs a checkpoint, and returns the signed note.
 *
 * @see C2SP tlog-checkpoint
 */
export function signCheckpoint({ origin, size, root }: Checkpoint, signer: NoteSigner): string {
  return signNote(`${origin}\n${String(size)}\n${root}\n`, signer);
}

/**
 * Checks the signature of a checkpoint, and that it is about the log of the key's own name.
 *
 * @throws NoteError
 * @see C2SP tlog-checkpoint
 */
export function openCheckpoint(note: string, key: VerifierKey): Checkpoint {
  const checkpoint = parseBody(openNote(note, key));
  if (checkpoint.origin === key.name) return checkpoint;
  throw new NoteError(`a checkpoint of another log: ${checkpoint.origin}`);
}

function parseBody(text: string): Checkpoint {
  const { origin, size, root } = BODY.exec(text)?.groups ?? {};
  if (origin === undefined || root === undefined || !isHash(root)) {
    throw new NoteError('the signed note is no checkpoint');
  }
  return { origin, size: Number(size), root };
}
