import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GENERATOR_CORE, pinned } from '../cores.js';
import type { Percentiles } from '../statistics.js';
import type { Endpoint } from '../targets/target.js';
import { resultFileOf } from './open-loop.js';

const run = promisify(execFile);
const PROCESS = fileURLToPath(new URL('overload-process.ts', import.meta.url));

/** One run of calls that come whether or not the server keeps up. */
export interface OverloadJob {
  readonly endpoint: Endpoint;
  readonly serverPid: number;
  /** As `writeRequests` leaves it. */
  readonly requestsFile: string;
  readonly requestsPerSecond: number;
  readonly connections: number;
  /** Sent on the same schedule beforehand, and not counted. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** The outcome of the calls. */
export interface OverloadResult {
  readonly sent: number;
  readonly accepted: number;
  /** Answered with 429 and ThrottlingException. */
  readonly refused: number;
  /** Answered otherwise: the number of each kind. */
  readonly others: Readonly<Record<string, number>>;
  /** No answer within KMS's 250 ms, or no connection to send it on. */
  readonly givenUp: number;
  /** Part of the time for which the server had a core: below 1, something else was the limit. */
  readonly serverBusy: number;
  /** Of what was accepted, from the moment that a request was due, in ms. */
  readonly latency: Percentiles;
  /** The delays of the generator: its own and the machine's doing, never the server's. */
  readonly generatorLag: Percentiles;
}

/** Runs the calls in a process of its own on the generator's core. */
export async function runOverload(job: OverloadJob): Promise<OverloadResult> {
  const jobFile = `${job.requestsFile}.overload.json`;
  await writeFile(jobFile, JSON.stringify(job), { mode: 0o600 });
  const tsx = import.meta.resolve('tsx');
  const [program, ...rest] = pinned(GENERATOR_CORE, [
    process.execPath,
    ...['--import', tsx, PROCESS, jobFile],
  ]);
  await run(program, rest);
  return JSON.parse(await readFile(resultFileOf(jobFile), 'utf8')) as OverloadResult;
}
