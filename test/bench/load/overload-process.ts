/**
 * The generator of an overload: it calls as KMS does. Requests leave on schedule, on any connection
 * that is free; a call that has no answer after 250 ms is given up. Its connection is used again
 * once the answer has come: KMS would make another, whose handshakes are not what is measured.
 *
 * Usage: overload-process.ts JOB.json
 */
import { readFile, writeFile } from 'node:fs/promises';
import { Connection, type Response } from '../connection.js';
import { cpuTimeUs } from '../process-usage.js';
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
  #counts = { sent: 0, refused: 0, givenUp: 0 };
  readonly #others: Record<string, number> = {};
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
    let cpuBeforeUs = 0;
    for (let now = startedAt; now < endsAt; now = performance.now()) {
      if (!this.#isCounting && now >= startedAt + warmUpSeconds * 1_000) {
        this.#isCounting = true;
        cpuBeforeUs = cpuTimeUs(this.#job.serverPid);
      }
      for (; startedAt + (due * 1_000) / requestsPerSecond <= now; due += 1) {
        void this.#call(due, startedAt + (due * 1_000) / requestsPerSecond);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    const serverBusy = (cpuTimeUs(this.#job.serverPid) - cpuBeforeUs) / 1e6 / seconds;
    while (this.#open > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const [latency, generatorLag] = [this.#accepted, this.#lag].map((durations) =>
      percentiles(Float64Array.from(durations)),
    );
    if (latency === undefined || generatorLag === undefined) throw new Error('nothing was timed');
    return {
      ...{ ...this.#counts, others: this.#others, accepted: this.#accepted.length },
      ...{ serverBusy, latency, generatorLag },
    };
  }

  async #call(index: number, dueAt: number): Promise<void> {
    const isCounted = this.#isCounting;
    const counts = isCounted ? this.#counts : { ...this.#counts };
    const connection = this.#idle.pop();
    const request = this.#requests[index % this.#requests.length];
    counts.sent += 1;
    if (connection === undefined || request === undefined) {
      counts.givenUp += 1;
      return;
    }
    this.#open += 1;
    const sentAt = performance.now();
    if (isCounted) this.#lag.push(sentAt - dueAt);
    try {
      const response = await connection.send(request);
      this.#idle.push(connection);
      if (performance.now() - sentAt > KMS_GIVES_UP_MS) counts.givenUp += 1;
      else if (isRefusal(response)) counts.refused += 1;
      else if (!isCounted) return;
      else if (response.status === OK) this.#accepted.push(performance.now() - dueAt);
      else this.#countOther(nameOf(response));
    } catch {
      if (isCounted) this.#countOther('connection lost');
      await this.#replace();
    } finally {
      this.#open -= 1;
    }
  }

  #countOther(name: string): void {
    this.#others[name] = 1 + (this.#others[name] ?? 0);
  }

  async #replace(): Promise<void> {
    try {
      this.#idle.push(await Connection.open(this.#job.endpoint));
    } catch {
      this.#countOther('connection refused');
    }
  }
}

function isRefusal({ status, body }: Response): boolean {
  return status === TOO_MANY && body.includes('"ThrottlingException"');
}

function nameOf({ status, body }: Response): string {
  const name = /"errorName":"(?<name>\w+)"/.exec(String(body))?.groups?.['name'] ?? 'no error';
  return `${status} ${name}`;
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
