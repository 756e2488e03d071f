import { stat } from 'node:fs/promises';
import { LogFolder } from '../../audit/read/log-folder.js';
import { isUnreadable } from '../../audit/read/unreadable.js';
import { parseRecord } from '../../audit/read/records.js';
import type { AuditRecord } from '../../audit/record/index.js';
import type { ScanJob } from '../scan/scan.js';
import { scanSegments } from '../scan/scan-segments.js';
import type { Filter } from './filter.js';
import { searchSegment } from './search-segment.js';
import { segmentsInPeriod } from './segments-in-period.js';

const THREAD = new URL('./search-thread.js', import.meta.url);

/** Less is read sooner than threads begin. */
const WORTH_THREADS_BYTES = 32 * 1024 * 1024;

/** Something that whoever searches should know, beside what was found. */
export type SearchEvent =
  /** The segment, or a part of it, could not be searched: there may be more to find. */
  | { readonly kind: 'unreadable'; readonly segment: string; readonly reason: string }
  /** Lines that are no audit records. */
  | { readonly kind: 'not-records'; readonly segment: string; readonly count: number };

/** A record that was looked for. */
export interface Hit {
  readonly record: AuditRecord;
  /** The line as it stands in the log, without its line feed. */
  readonly line: string;
}

/** The way in which logs are searched. */
export interface SearchConfig {
  /** Threads that read one log. */
  readonly threads: number;
  /** Is told what could not be searched. */
  readonly notify: (event: SearchEvent) => void;
}

/**
 * Searches one log. The records come in its order.
 *
 * @throws NoLogError, or the file system's error when the folder cannot be read
 */
export async function* searchLog(
  log: string,
  filter: Filter,
  { threads, notify }: SearchConfig,
): AsyncGenerator<Hit, void, undefined> {
  const folder = await LogFolder.open(log);
  const segments = await segmentsInPeriod(folder, filter);
  const jobs = segments.map(
    (segment): ScanJob => ({
      segment: { path: segment.path, compressed: segment.compressed },
      closed: folder.isClosed(segment),
    }),
  );
  const isSmall = (await bytesOf(jobs)) < WORTH_THREADS_BYTES;
  const scan = { scan: searchSegment, thread: THREAD, threads: isSmall ? 1 : threads };
  for await (const { job, found } of scanSegments(jobs, filter, scan)) {
    for (const line of found.lines) {
      const record = parseRecord(line);
      if (record !== undefined) yield { line, record };
    }
    const { path } = job.segment;
    const { notRecords: count = 0, unreadable: reason } = found;
    if (reason !== undefined) notify({ kind: 'unreadable', segment: path, reason });
    if (count > 0) notify({ kind: 'not-records', segment: path, count });
  }
}

/** Adds up the files, as far as they are there: those that are not are told when they are read. */
async function bytesOf(jobs: readonly ScanJob[]): Promise<number> {
  let bytes = 0;
  for (const { segment } of jobs) {
    try {
      bytes += (await stat(segment.path)).size;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
    }
  }
  return bytes;
}
