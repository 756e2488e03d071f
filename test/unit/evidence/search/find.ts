import { conditionOn } from '../../../../src/evidence/search/condition.js';
import type { SearchEvent } from '../../../../src/evidence/search/search-log.js';
import { search } from '../../../../src/evidence/search/search.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { lineOf, operation, writeSegment } from './log-folder.js';

/** What a search has brought. */
export interface Found {
  readonly sequences: number[];
  readonly events: SearchEvent[];
}

/** Records 0 to 29 in three segments: compressed, plain, and the one that grows. */
export function logFolder(): string {
  const folder = temporaryFolder();
  writeSegment(folder, { first: 0, lines: linesOf(0, 10), linesInMember: 3 });
  writeSegment(folder, { first: 10, lines: linesOf(10, 20) });
  writeSegment(folder, { first: 20, lines: linesOf(20, 30) });
  return folder;
}

/** Lines of key operations. */
export function linesOf(from: number, to: number, fields: object = {}): string[] {
  return Array.from({ length: to - from }, (_, at) => lineOf(operation(from + at, fields)));
}

/** Searches with conditions written as on the command line. */
export async function find(
  logs: string | readonly string[],
  conditions: Readonly<Record<string, string>>,
  { fromMs, toMs }: Partial<Record<'fromMs' | 'toMs', number>> = {},
): Promise<Found> {
  const found: Found = { sequences: [], events: [] };
  const filter = {
    conditions: Object.entries(conditions).map(([path, value]) => conditionOn(path, value)),
    fromMs,
    toMs,
  };
  const hits = search([logs].flat(), filter, {
    threads: 1,
    notify: (event) => found.events.push(event),
  });
  for await (const { record } of hits) found.sequences.push(record.sequence);
  return found;
}
