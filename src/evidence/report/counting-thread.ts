import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { VerificationFinding } from '../../audit/verify/finding.js';
import { type Counted, type Counter, Counting, type CountingConfig } from './counting.js';

/** Chunks of about a megabyte that wait to be counted. */
const MAX_WAITING = 8;
/** Records are garbage at once: room for more of them would be no use. */
const YOUNG_MIB = 16;
const PROGRAM = new URL('./counting-worker.js', import.meta.url);

/** Messages to the thread. */
export type CountingRequest =
  | { readonly kind: 'begin'; readonly log: string }
  | { readonly kind: 'take'; readonly lines: Uint8Array }
  | { readonly kind: 'end'; readonly findings: readonly VerificationFinding[] }
  | { readonly kind: 'result' };

/** Answers of the thread: it has taken up lines, or this is the result. */
export type CountingAnswer = 'taken' | Counted;

/**
 * Starts a counter beside the thread that verifies. The program that is run from its sources has no
 * file for another thread, and counts in its own.
 */
export function startCounter(config: CountingConfig): Counter {
  return existsSync(fileURLToPath(PROGRAM)) ? new CountingThread(config) : new Counting(config);
}

/** Counts in a thread of its own: the lines are copied to it, and few of them wait. */
class CountingThread implements Counter {
  readonly #worker: Worker;
  #waiting = 0;
  #counted: Counted | undefined;
  #failure: Error | undefined;

  constructor(config: CountingConfig) {
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MIB };
    this.#worker = new Worker(PROGRAM, { workerData: config, resourceLimits });
    this.#worker.on('message', (answer: CountingAnswer) => {
      if (answer === 'taken') this.#waiting -= 1;
      else this.#counted = answer;
    });
    this.#worker.on('error', (error: Error) => {
      this.#failure = error;
    });
  }

  begin(log: string): void {
    this.#send({ kind: 'begin', log });
  }

  async take(lines: Buffer): Promise<void> {
    const copy = new Uint8Array(lines);
    this.#waiting += 1;
    this.#send({ kind: 'take', lines: copy }, copy.buffer);
    while (this.#waiting >= MAX_WAITING) await this.#answer();
  }

  end(findings: readonly VerificationFinding[]): void {
    this.#send({ kind: 'end', findings });
  }

  async result(): Promise<Counted> {
    this.#send({ kind: 'result' });
    for (;;) {
      if (this.#counted !== undefined) return this.#counted;
      await this.#answer();
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #send(request: CountingRequest, ...transferred: ArrayBuffer[]): void {
    this.#worker.postMessage(request, transferred);
  }

  /** @throws the error that has ended the thread */
  async #answer(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await once(this.#worker, 'message');
  }
}
