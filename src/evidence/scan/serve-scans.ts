import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Scan, ScanJob } from './scan.js';

/** An answer of a thread: a batch, or the end of a segment. */
export interface ThreadAnswer<Found> {
  readonly found: Found | undefined;
}

/** Serves a `ScanThread`: scans each segment that it names. The module of a thread calls this. */
export function serveScans<Terms, Found>(scan: Scan<Terms, Found>): void {
  if (parentPort !== null) void serve(parentPort, workerData as Terms, scan);
}

async function serve<Terms, Found>(
  port: MessagePort,
  terms: Terms,
  scan: Scan<Terms, Found>,
): Promise<void> {
  for (;;) {
    const [job] = (await once(port, 'message')) as [ScanJob];
    for await (const found of scan(job, terms)) {
      const more = once(port, 'message');
      port.postMessage({ found } satisfies ThreadAnswer<Found>);
      await more;
    }
    port.postMessage({ found: undefined } satisfies ThreadAnswer<Found>);
  }
}
