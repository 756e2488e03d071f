import { ReadAhead } from './read-ahead.js';
import type { Batch, ScanConfig, ScanJob } from './scan.js';
import { ScanThread } from './scan-thread.js';

/** Segments for each thread that are begun, or finished, ahead of the one that is awaited. */
const AHEAD = 4;

/**
 * Scans segments on several threads. What is found comes in the order of the segments; a thread
 * that is ahead holds a few batches and waits, so that memory is bounded.
 *
 * @throws the error of a scan, or of a thread that died
 */
export async function* scanSegments<Terms, Found>(
  jobs: readonly ScanJob[],
  terms: Terms,
  { scan, thread, threads }: ScanConfig<Terms, Found>,
): AsyncGenerator<Batch<Found>, void, undefined> {
  const count = Math.min(threads, jobs.length);
  if (count > 1) {
    const pool = new ThreadPool<Found>(thread, terms, count);
    try {
      yield* pool.inOrder(jobs);
    } finally {
      await pool.end();
    }
    return;
  }
  for (const job of jobs) {
    for await (const found of scan(job, terms)) yield { job, found };
  }
}

class ThreadPool<Found> {
  readonly #threads: readonly ScanThread<Found>[];
  readonly #idle: ScanThread<Found>[];
  readonly #waiting: ((thread: ScanThread<Found>) => void)[] = [];

  constructor(thread: URL, terms: unknown, count: number) {
    this.#threads = Array.from({ length: count }, () => new ScanThread<Found>(thread, terms));
    this.#idle = [...this.#threads];
  }

  async *inOrder(jobs: readonly ScanJob[]): AsyncGenerator<Batch<Found>, void, undefined> {
    const begun: ReadAhead<Batch<Found>>[] = [];
    const rest = [...jobs];
    for (;;) {
      const many = this.#threads.length * AHEAD - begun.length;
      begun.push(...rest.splice(0, many).map((job) => new ReadAhead(this.#scan(job))));
      const next = begun.shift();
      if (next === undefined) return;
      yield* next.values();
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  async *#scan(job: ScanJob): AsyncGenerator<Batch<Found>, void, undefined> {
    const thread = await this.#take();
    for await (const found of thread.scan(job)) yield { job, found };
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(thread);
    else next(thread);
  }

  #take(): Promise<ScanThread<Found>> {
    const thread = this.#idle.pop();
    if (thread !== undefined) return Promise.resolve(thread);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
