import { type Hash, isHash } from '../../transparency-log/hashes.js';
import { SCHEMA_VERSION } from '../record/index.js';

const CLAIMS =
  /^\{"schema":1,"sequence":(?<sequence>0|[1-9][0-9]{0,14}),(?:"previous":"(?<previous>[A-Za-z0-9+/]{43}=)",)?/;
const CLAIMS_BYTES = 120;

/** Formats the beginning of each line in the file. */
export function lineStart(sequence: number): string {
  return `{"schema":${String(SCHEMA_VERSION)},"sequence":${String(sequence)},`;
}

/** Formats the part of a line that names the record before it; empty in record 0. */
export function linkTo(previous: Hash | undefined): string {
  return previous === undefined ? '' : `"previous":"${previous}",`;
}

/** Tells whether a line begins as the one at a place in the log, behind a record of this hash. */
export function isLineAt(line: Buffer, sequence: number, previous: Hash | undefined): boolean {
  const head = `${lineStart(sequence)}${linkTo(previous)}`;
  return line.toString('latin1', 0, head.length) === head;
}

/** The place in the log that a line claims for itself. */
export interface LineClaims {
  readonly sequence: number;
  /** Leaf hash of the line before; absent where the line names none. */
  readonly previous: Hash | undefined;
}

/** Reads the place that a line claims; undefined for a line that no server has written. */
export function claimsOf(line: Buffer | undefined): LineClaims | undefined {
  const groups = line && CLAIMS.exec(line.toString('latin1', 0, CLAIMS_BYTES))?.groups;
  if (groups === undefined) return undefined;
  const previous = groups['previous'];
  return {
    sequence: Number(groups['sequence']),
    previous: previous !== undefined && isHash(previous) ? previous : undefined,
  };
}
