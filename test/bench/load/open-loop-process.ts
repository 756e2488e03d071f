/**
 * The open-loop generator's process. It polls the clock instead of setting timers, whose grain of
 * a millisecond would be most of what it measures; so it needs a core to itself.
 *
 * Usage: open-loop-process.ts JOB.json
 */
import { readFile, writeFile } from 'node:fs/promises';
import { Connection } from '../connection.js';
import { parseRequests } from '../requests.js';
import { percentiles } from '../statistics.js';
import { resultFileOf, type OpenLoopJob, type OpenLoopResult } from './open-loop.js';

/** Sends every request when it is due, or as soon as a connection is free after that. */
class Schedule {
  readonly #requests: readonly Buffer[];
  readonly #idle: Connection[];
  readonly #waiting: number[] = [];
  readonly #intervalMs: number;
  readonly #total: number;
  #startedAt = 0;
  #due = 0;
  #answered = 0;
  refused = 0;
  /** By request, in ms after it was due: when the generator got to it, and when it was answered. */
  readonly lag: Float64Array;
  readonly latency: Float64Array;

  constructor(job: OpenLoopJob, requests: readonly Buffer[], connections: Connection[]) {
    this.#requests = requests;
    this.#idle = connections;
    this.#intervalMs = 1000 / job.requestsPerSecond;
    this.#total = Math.round((job.warmUpSeconds + job.seconds) * job.requestsPerSecond);
    this.lag = new Float64Array(this.#total);
    this.latency = new Float64Array(this.#total);
  }

  run(): Promise<void> {
    this.#startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const poll = (): void => {
        this.#takeWhatIsDue();
        this.#dispatch(resolve, reject);
        if (this.#due < this.#total) setImmediate(poll);
      };
      poll();
    });
  }

  #sinceDue(index: number): number {
    return performance.now() - this.#startedAt - index * this.#intervalMs;
  }

  #takeWhatIsDue(): void {
    while (this.#due < this.#total && this.#sinceDue(this.#due) >= 0) {
      this.lag[this.#due] = this.#sinceDue(this.#due);
      this.#waiting.push(this.#due++);
    }
  }

  #dispatch(done: () => void, failed: (error: unknown) => void): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const connection = this.#idle.shift();
      const index = this.#waiting.shift();
      if (connection === undefined || index === undefined) return;
      this.#send(connection, index).then(() => {
        this.#answered++;
        this.#dispatch(done, failed);
        if (this.#answered === this.#total) done();
      }, failed);
    }
  }

  async #send(connection: Connection, index: number): Promise<void> {
    const request = this.#requests[index % this.#requests.length];
    if (request === undefined) throw new Error('no requests to send');
    const { status } = await connection.send(request);
    this.latency[index] = this.#sinceDue(index);
    if (status !== 200) this.refused++;
    this.#idle.push(connection);
  }
}

const [jobFile = ''] = process.argv.slice(2);
const job = JSON.parse(await readFile(jobFile, 'utf8')) as OpenLoopJob;
const requests = parseRequests(await readFile(job.requestsFile));
const connections = await Promise.all(
  Array.from({ length: job.connections }, () => Connection.open(job.endpoint)),
);
const schedule = new Schedule(job, requests, [...connections]);
await schedule.run();
for (const connection of connections) connection.close();

const counted = Math.round(job.warmUpSeconds * job.requestsPerSecond);
const latency = schedule.latency.subarray(counted);
const lag = schedule.lag.subarray(counted);
const result: OpenLoopResult = {
  requests: latency.length,
  refused: schedule.refused,
  serverLatency: percentiles(latency.map((total, index) => total - (lag[index] ?? 0))),
  latency: percentiles(latency),
  generatorLag: percentiles(lag),
};
await writeFile(resultFileOf(jobFile), JSON.stringify(result));
