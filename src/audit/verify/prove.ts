import type { Checkpoint } from '../../transparency-log/checkpoint.js';
import { openCheckpoint } from '../../transparency-log/checkpoint.js';
import { leafHash } from '../../transparency-log/hashes.js';
import { InclusionProofBuilder, verifyInclusion } from '../../transparency-log/inclusion-proof.js';
import { NoteError, type VerifierKey } from '../../transparency-log/signed-note.js';
import { formatTlogProof, parseTlogProof } from '../../transparency-log/tlog-proof.js';
import { splitLines } from '../read/line-chunks.js';
import { LogFolder } from '../read/log-folder.js';
import { eachNote, genuineCheckpoint } from '../read/notes.js';
import { readSegmentHeader } from '../read/segment-header.js';
import { checkpointsPath, type Segment } from '../read/segments.js';
import { isUnreadable, reasonOf } from '../read/unreadable.js';

/**
 * The error for a record without a proof, and for a proof that proves nothing. The message says
 * why.
 */
export class ProofError extends Error {
  override readonly name = 'ProofError';
}

/** A record, and the proof that it is in the log. */
export interface ProvenRecord {
  /** The record's line, without its line feed. */
  readonly line: string;
  /** Text of a c2sp.org/tlog-proof@v1. */
  readonly proof: string;
}

/**
 * Proves that a record is in the log, against the first checkpoint that covers it.
 *
 * @param keys that sign the log's checkpoints, or have signed them
 * @throws ProofError, NoLogError, UnreadableError, or the file system's error
 */
export async function proveRecord(
  directory: string,
  sequence: number,
  keys: readonly VerifierKey[],
): Promise<ProvenRecord> {
  const folder = await LogFolder.open(directory);
  const reachable = folder.segmentsFrom(sequence);
  if (reachable.length === 0) {
    throw new ProofError(`Record ${String(sequence)} is not in ${directory}.`);
  }
  const found = await firstCheckpointOver(directory, reachable, { sequence, keys });
  const { note, checkpoint } = found;
  const reading = new ProofReading(sequence, checkpoint);
  for (const segment of reachable) {
    if (segment.first >= checkpoint.size) break;
    for await (const { bytes } of folder.lines(segment)) {
      for (const line of splitLines(bytes)) reading.add(line);
    }
  }
  return { line: reading.line(), proof: formatTlogProof({ ...reading.proof(), checkpoint: note }) };
}

/**
 * Checks a proof, as any program can.
 *
 * @param line the record's line, without its line feed
 * @throws ProofError or NoteError where it does not prove that the record is in the log
 * @returns what was signed
 */
export function checkProof(line: Buffer, proof: string, key: VerifierKey): Checkpoint {
  const { index, path, checkpoint: note } = parseTlogProof(proof);
  const checkpoint = openCheckpoint(note, key);
  const { size, root } = checkpoint;
  if (verifyInclusion({ index, size, root }, leafHash(line), path)) return checkpoint;
  throw new ProofError(`The record is not number ${String(index)} of the log that was signed.`);
}

async function firstCheckpointOver(
  directory: string,
  segments: readonly Segment[],
  { sequence, keys }: { readonly sequence: number; readonly keys: readonly VerifierKey[] },
): Promise<SignedCheckpoint> {
  const damaged: string[] = [];
  for (const { first } of segments) {
    const path = checkpointsPath(directory, first);
    let found: SignedCheckpoint | undefined;
    try {
      await eachNote(path, (note) => {
        if (found !== undefined) return;
        const checkpoint = openWithAny(note, keys);
        if (checkpoint !== undefined && checkpoint.size > sequence) found = { note, checkpoint };
      });
    } catch (error) {
      // Another file may have one as well.
      if (!(error instanceof NoteError) && !isUnreadable(error)) throw error;
      damaged.push(`${path} (${reasonOf(error)})`);
    }
    if (found !== undefined) return found;
  }
  const but = damaged.length === 0 ? '' : ` These could not be read: ${damaged.join(', ')}.`;
  throw new ProofError(`No checkpoint covers record ${String(sequence)} yet.${but}`);
}

interface SignedCheckpoint {
  readonly note: string;
  readonly checkpoint: Checkpoint;
}

/** @returns undefined for a note that none of the keys has signed */
function openWithAny(note: string, keys: readonly VerifierKey[]): Checkpoint | undefined {
  for (const key of keys) {
    const checkpoint = genuineCheckpoint(note, key);
    if (checkpoint !== undefined) return checkpoint;
  }
  return undefined;
}

/** The lines from the segment of a record up to the end that was signed. */
class ProofReading {
  readonly #sequence: number;
  readonly #checkpoint: Checkpoint;
  #builder: InclusionProofBuilder | undefined;
  #next = 0;
  #line: string | undefined;

  constructor(sequence: number, checkpoint: Checkpoint) {
    this.#sequence = sequence;
    this.#checkpoint = checkpoint;
  }

  add(line: Buffer): void {
    const { size } = this.#checkpoint;
    this.#builder ??= this.#begin(line);
    if (this.#next >= size) return;
    this.#builder.append(leafHash(line));
    if (this.#next === this.#sequence) this.#line = line.toString();
    this.#next += 1;
  }

  line(): string {
    if (this.#line !== undefined) return this.#line;
    throw new ProofError(`Record ${String(this.#sequence)} is not in the log.`);
  }

  /** Makes the proof and checks it against the checkpoint: a changed log proves nothing. */
  proof() {
    const { size, root } = this.#checkpoint;
    const path = this.#builder?.path() ?? [];
    const leaf = leafHash(Buffer.from(this.line()));
    const index = this.#sequence;
    if (this.#next === size && verifyInclusion({ index, size, root }, leaf, path)) {
      return { index, path };
    }
    throw new ProofError('The log is not what was signed. Find out with "holdfast audit verify".');
  }

  #begin(line: Buffer): InclusionProofBuilder {
    const start = readSegmentHeader(line);
    if (start === undefined) throw new ProofError('The segment of the record has no beginning.');
    this.#next = start.before.size;
    return new InclusionProofBuilder(this.#sequence, this.#checkpoint.size, start.before);
  }
}
