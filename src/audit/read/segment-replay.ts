import { MerkleFrontier } from '../../transparency-log/frontier.js';
import { isHash, leafHash } from '../../transparency-log/hashes.js';
import { type RecordOf, SCHEMA_VERSION, auditRecordSchema } from '../record/index.js';

/** What the file has at the beginning of each of its lines. */
export function lineStart(sequence: number): string {
  return `{"schema":${String(SCHEMA_VERSION)},"sequence":${String(sequence)},`;
}

/** The part of a line that names the record before it; empty in record 0. */
export function linkTo(previous: string | undefined): string {
  return previous === undefined ? '' : `"previous":"${previous}",`;
}

/** The first record of a segment, and the tree of the records before it. */
export interface SegmentStart {
  readonly record: RecordOf<'segment'>;
  readonly before: MerkleFrontier;
}

/**
 * Reads the first line of a segment.
 *
 * @returns undefined where the line does not begin a segment
 */
export function readSegmentStart(line: Buffer): SegmentStart | undefined {
  const record = parseSegmentRecord(line);
  if (record?.frontier.every(isHash) !== true) return undefined;
  const before = MerkleFrontier.from(record.sequence, record.frontier);
  return before && { record, before };
}

/** The lines of a log, one after the other, as they make its tree. */
export class Replay {
  readonly #tree: MerkleFrontier;
  #previous: string | undefined;

  /**
   * @param before the tree of the records before the first line
   * @param previous leaf hash of the last of them in base64, as far as it is known
   */
  constructor(before: MerkleFrontier, previous: string | undefined) {
    this.#tree = before.copy();
    this.#previous = previous;
  }

  get tree(): MerkleFrontier {
    return this.#tree;
  }

  /** Leaf hash of the last line in base64. */
  get previous(): string | undefined {
    return this.#previous;
  }

  /** Whether a line is the next one, by its number. */
  isNext(line: Buffer): boolean {
    return startsWith(line, lineStart(this.#tree.size), 0);
  }

  /** Whether a line names the last one as the one before it. */
  isLinked(line: Buffer): boolean {
    return startsWith(line, linkTo(this.#previous), lineStart(this.#tree.size).length);
  }

  /** Adds a line, whatever it says. */
  append(line: Buffer): void {
    const leaf = leafHash(line);
    this.#tree.append(leaf);
    this.#previous = leaf;
  }
}

function startsWith(line: Buffer, text: string, offset: number): boolean {
  return line.toString('latin1', offset, offset + text.length) === text;
}

function parseSegmentRecord(line: Buffer): RecordOf<'segment'> | undefined {
  try {
    const result = auditRecordSchema.safeParse(JSON.parse(line.toString()));
    return result.data?.type === 'segment' ? result.data : undefined;
  } catch {
    // What is no JSON begins no segment.
    return undefined;
  }
}
