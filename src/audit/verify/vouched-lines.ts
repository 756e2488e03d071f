import { MerkleFrontier } from '../../transparency-log/frontier.js';
import { type Hash, leafHash } from '../../transparency-log/hashes.js';
import { NoteError, type VerifierKey } from '../../transparency-log/signed-note.js';
import { splitLines } from '../read/line-chunks.js';
import type { LogFolder } from '../read/log-folder.js';
import { eachNote, genuineCheckpoint } from '../read/notes.js';
import { readSegmentHeader } from '../read/segment-header.js';
import { checkpointsPath, type Segment } from '../read/segments.js';
import { isUnreadable } from '../read/unreadable.js';
import { OwnWords } from './own-words.js';

/**
 * The word of a log's own key about a line: that it stands there as a server has written it; or
 * that no checkpoint covers it yet; that a start has taken it over although it was not signed, so
 * that anybody may have written it; or that it is not what was signed.
 */
export type Vouching = 'signed' | 'unsigned' | 'taken-over' | 'not-as-signed';

/** A line of a log, and what the log's key says of it. */
export interface VouchedLine {
  /** Without its line feed. */
  readonly line: Buffer;
  readonly vouching: Vouching;
}

/** The first checkpoint of the next segment covers one that a crash has left without a last. */
const SEGMENTS = 2;

/**
 * Finds out of some lines of a segment if the log's key vouches for them: the first checkpoint over
 * each has to be signed by it, and its tree to be that of the lines. Only this segment is read, and
 * the next one where needed: what was before is part of the tree.
 *
 * @param isWanted chooses the lines
 * @throws UnreadableError or the file system's error
 */
export async function vouchedLines(
  folder: LogFolder,
  segment: Segment,
  key: VerifierKey,
  isWanted: (line: Buffer) => boolean,
): Promise<readonly VouchedLine[]> {
  const segments = folder.segmentsFrom(segment.first).slice(0, SEGMENTS);
  const reading = new VouchedReading(await signedRoots(folder, segments, key));
  for (const each of segments) {
    const isChosen = each === segment ? isWanted : () => false;
    if (each !== segment && reading.isDecided) break;
    for await (const { bytes } of folder.lines(each)) {
      for (const line of splitLines(bytes)) reading.add(line, isChosen(line));
      if (each !== segment && reading.isDecided) break;
    }
  }
  return reading.lines;
}

/** The roots that a key has signed, by size. A file that is damaged counts as far as it goes. */
async function signedRoots(
  { directory }: LogFolder,
  segments: readonly Segment[],
  key: VerifierKey,
): Promise<ReadonlyMap<number, ReadonlySet<Hash>>> {
  const roots = new Map<number, Set<Hash>>();
  for (const { first } of segments) {
    try {
      await eachNote(checkpointsPath(directory, first), (note) => {
        const checkpoint = genuineCheckpoint(note, key);
        if (checkpoint === undefined) return;
        const { size, root } = checkpoint;
        roots.set(size, (roots.get(size) ?? new Set()).add(root));
      });
    } catch (error) {
      // What is not vouched for by the rest is not believed.
      if (!(error instanceof NoteError) && !isUnreadable(error)) throw error;
    }
  }
  return roots;
}

/** A wanted line, and its place in the tree. */
interface PlacedLine {
  readonly line: Buffer;
  readonly place: number;
  vouching: Vouching;
}

class VouchedReading {
  readonly #roots: ReadonlyMap<number, ReadonlySet<Hash>>;
  readonly #words = new OwnWords();
  readonly #lines: PlacedLine[] = [];
  /** Those for which no checkpoint vouches yet. */
  #open: PlacedLine[] = [];
  #tree: MerkleFrontier | undefined;

  constructor(roots: ReadonlyMap<number, ReadonlySet<Hash>>) {
    this.#roots = roots;
  }

  get isDecided(): boolean {
    return this.#open.length === 0;
  }

  get lines(): readonly VouchedLine[] {
    return this.#lines.map(({ line, vouching }) => ({ line, vouching }));
  }

  add(line: Buffer, isWanted: boolean): void {
    // Where a segment says nothing of what was before it, no root fits.
    this.#tree ??= readSegmentHeader(line)?.before ?? MerkleFrontier.empty();
    const place = this.#tree.size;
    this.#words.add(line, place);
    if (isWanted) {
      const placed: PlacedLine = { line: Buffer.from(line), place, vouching: 'unsigned' };
      this.#lines.push(placed);
      this.#open.push(placed);
    }
    this.#tree.append(leafHash(line));
    const signed = this.#roots.get(this.#tree.size);
    if (signed !== undefined) this.#decide(signed.has(this.#tree.root()));
  }

  #decide(isAsSigned: boolean): void {
    const { takenOver } = this.#words;
    for (const placed of this.#open) {
      const { place } = placed;
      const isTakenOver = takenOver.some(({ first, last }) => first <= place && place <= last);
      if (!isAsSigned) placed.vouching = 'not-as-signed';
      else placed.vouching = isTakenOver ? 'taken-over' : 'signed';
    }
    if (isAsSigned) this.#open = [];
  }
}
