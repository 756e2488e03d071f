/**
 * The generator of an overload: it calls as KMS does. Requests leave on schedule, on any connection
 * that is free; a call that has no answer after 250 ms is given up. Its connection is used again
 * once the answer has come: KMS would make another, whose handshakes are not what is measured.
 *
 * Usage: overload-process.ts JOB.json
 */
import { readFile, writeFile } from 'node:fs/promises';
import { Connection } from '../connection.js';
import { parseRequests } from '../requests.js';
import { percentiles } from '../statistics.js';
import { resultFileOf } from './open-loop.js';
import type { OverloadJob, OverloadResult } from './overload.js';

const KMS_GIVES_UP_MS = 250;
const OK = 200;
const TOO_MANY = 429;
/** Connections opened at a time: handshakes are no part of what is measured. */
const OPENED_AT_ONCE = 16;

class Callers {
  readonly #job: OverloadJob;
  readonly #requests: readonly Buffer[];
  readonly #idle: Connection[];
  readonly #accepted: number[] = [];
  readonly #lag: number[] = [];
  #counts = { sent: 0, refused: 0, garbled: 0, givenUp: 0 };
  #open = 0;
  #isCounting = false;

  constructor(job: OverloadJob, requests: readonly Buffer[], connections: Connection[]) {
    this.#job = job;
    this.#requests = requests;
    this.#idle = connections;
  }

  async run(): Promise<OverloadResult> {
    const { warmUpSeconds, seconds, requestsPerSecond } = this.#job;
    const startedAt = performance.now();
    const endsAt = startedAt + (warmUpSeconds + seconds) * 1_000;
    let due = 0;
    for (let now = startedAt; now < endsAt; now = performance.now()) {
      this.#isCounting = now >= startedAt + warmUpSeconds * 1_000;
      for (; startedAt + (due * 1_000) / requestsPerSecond <= now; due += 1) {
        void this.#call(due, startedAt + (due * 1_000) / requestsPerSecond);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    while (this.#open > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const [latency, generatorLag] = [this.#accepted, this.#lag].map((durations) =>
      percentiles(Float64Array.from(durations)),
    );
    if (latency === undefined || generatorLag === undefined) throw new Error('nothing was timed');
    return { ...this.#counts, accepted: this.#accepted.length, latency, generatorLag };
  }

  async #call(index: number, dueAt: number): Promise<void> {
    const counts = this.#isCounting ? this.#counts : { ...this.#counts };
    const connection = this.#idle.pop();
    const request = this.#requests[index % this.#requests.length];
    counts.sent += 1;
    if (connection === undefined || request === undefined) {
      counts.givenUp += 1;
      return;
    }
    this.#open += 1;
    const sentAt = performance.now();
    if (this.#isCounting) this.#lag.push(sentAt - dueAt);
    try {
      const { status, body } = await connection.send(request);
      if (performance.now() - sentAt > KMS_GIVES_UP_MS) counts.givenUp += 1;
      else if (status === OK) {
        if (counts === this.#counts) this.#accepted.push(performance.now() - dueAt);
      } else if (status === TOO_MANY && String(body).includes('"ThrottlingException"')) {
        counts.refused += 1;
      } else counts.garbled += 1;
      this.#idle.push(connection);
    } catch {
      counts.garbled += 1;
      await this.#replace();
    } finally {
      this.#open -= 1;
    }
  }

  async #replace(): Promise<void> {
    try {
      this.#idle.push(await Connection.open(this.#job.endpoint));
    } catch {
      this.#counts.garbled += 1;
    }
  }
}

const [jobFile = ''] = process.argv.slice(2);
const job = JSON.parse(await readFile(jobFile, 'utf8')) as OverloadJob;
const requests = parseRequests(await readFile(job.requestsFile));
const [trusted] = requests;
if (trusted === undefined) throw new Error('there are no requests');
const connections: Connection[] = [];
while (connections.length < job.connections) {
  const opened = await Promise.all(
    Array.from({ length: OPENED_AT_ONCE }, () => Connection.open(job.endpoint)),
  );
  for (const connection of opened) await connection.send(trusted);
  connections.push(...opened);
}
const result = await new Callers(job, requests, [...connections]).run();
await writeFile(resultFileOf(jobFile), JSON.stringify(result));
process.exit();
