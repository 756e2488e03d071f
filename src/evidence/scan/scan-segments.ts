import { readAhead } from './read-ahead.js';
import type { Batch, ScanConfig, ScanJob } from './scan.js';
import { ScanThread } from './scan-thread.js';

/**
 * Scans segments on several threads, of which each reads every so-manyth. What is found comes in
 * the order of the segments; a thread that is ahead holds a few batches and waits, so that memory
 * is bounded.
 *
 * @throws the error of a scan, or of a thread that died
 */
export async function* scanSegments<Terms, Found>(
  jobs: readonly ScanJob[],
  terms: Terms,
  { scan, thread, threads }: ScanConfig<Terms, Found>,
): AsyncGenerator<Batch<Found>, void, undefined> {
  const count = Math.min(threads, jobs.length);
  if (count <= 1) {
    for (const job of jobs) for await (const found of scan(job, terms)) yield { job, found };
    return;
  }
  const workers = Array.from({ length: count }, () => new ScanThread<Found>(thread, terms));
  const lanes = workers.map((worker, lane) => {
    const own = jobs.filter((_, at) => at % count === lane);
    return readAhead(worker.scanAll(own));
  });
  try {
    for (let at = 0; at < jobs.length; ) {
      const next = await lanes[at % count]?.next();
      if (next?.value?.found === undefined) at += 1;
      else yield { job: next.value.job, found: next.value.found };
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.end()));
  }
}
