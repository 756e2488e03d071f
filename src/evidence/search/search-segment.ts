import { recordChunks } from '../../audit/read/lines.js';
import { isUnreadable, reasonOf } from '../../audit/read/unreadable.js';
import type { ScanJob } from '../scan/scan.js';
import type { Filter } from './filter.js';
import { LineFilter } from './line-filter.js';

/** The lines that were found in a part of a segment. */
export interface FoundLines {
  /** Lines of wanted records, without their line feeds. */
  readonly lines: readonly string[];
  /** Lines so far that are no records. Only at the end of the segment. */
  readonly notRecords?: number;
  /** The reason why the rest of the segment could not be read. Only at its end. */
  readonly unreadable?: string | undefined;
}

/** Searches one segment: about a megabyte at a time, and as far as it can be read. */
export async function* searchSegment(
  { segment, closed }: ScanJob,
  filter: Filter,
): AsyncGenerator<FoundLines, void, undefined> {
  const wanted = new LineFilter(segment.path, filter);
  let unreadable: string | undefined;
  try {
    for await (const text of recordChunks(segment, closed)) {
      const lines = [...wanted.linesIn(text)];
      if (lines.length > 0) yield { lines };
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    unreadable = reasonOf(error);
  }
  const { notRecords } = wanted;
  if (notRecords > 0 || unreadable !== undefined) yield { lines: [], notRecords, unreadable };
}
