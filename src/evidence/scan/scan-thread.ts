import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ScanJob } from './scan.js';
import type { ThreadAnswer } from './serve-scans.js';

/** A thread that dies of a forged segment is better than a machine without memory. */
const LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 };

/** A thread that scans one segment at a time. */
export class ScanThread<Found> {
  readonly #worker: Worker;

  /** @param module calls `serveScans` */
  constructor(module: URL, terms: unknown) {
    this.#worker = new Worker(module, { workerData: terms, resourceLimits: LIMITS });
    // Whoever waits for an answer is told; nobody may be waiting when it happens.
    this.#worker.on('error', () => undefined);
  }

  /**
   * Scans segments, one after the other. The thread waits with each batch until the next is asked
   * for; the end of a segment is one without anything found.
   *
   * @throws the error of the scan, or of the thread
   */
  async *scanAll(
    jobs: readonly ScanJob[],
  ): AsyncGenerator<ThreadAnswer<Found> & { readonly job: ScanJob }, void, undefined> {
    for (const job of jobs) {
      for (let request: ScanJob | 'more' = job; ; request = 'more') {
        const answered = once(this.#worker, 'message');
        this.#worker.postMessage(request);
        const [{ found }] = (await answered) as [ThreadAnswer<Found>];
        yield { job, found };
        if (found === undefined) break;
      }
    }
  }

  /** Ends the thread, whatever it does. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
