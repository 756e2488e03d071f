import type { SegmentPath } from '../../audit/read/lines.js';

/** A segment to be read, in a form that can be sent to another thread. */
export interface ScanJob {
  readonly segment: SegmentPath;
  /** True when another segment follows, so that nothing is added to this one any more. */
  readonly closed: boolean;
}

/**
 * Reads one segment and yields what it finds, in batches of bounded size that can be cloned. Faults
 * of the file are part of what it yields; an error ends the whole scan.
 */
export type Scan<Terms, Found> = (
  job: ScanJob,
  terms: Terms,
) => AsyncGenerator<Found, void, undefined>;

/** The way in which segments are scanned. */
export interface ScanConfig<Terms, Found> {
  readonly scan: Scan<Terms, Found>;
  /** Module that calls `serveScans` with the same scan. */
  readonly thread: URL;
  /** Number of threads. With one, the segments are read on this one. */
  readonly threads: number;
}

/** A batch of what was found in a segment. */
export interface Batch<Found> {
  readonly job: ScanJob;
  readonly found: Found;
}
