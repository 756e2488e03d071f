import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GENERATOR_CORE, pinned } from '../cores.js';
import type { Percentiles } from '../statistics.js';
import type { Endpoint } from '../targets/target.js';

const run = promisify(execFile);
const PROCESS = fileURLToPath(new URL('open-loop-process.ts', import.meta.url));

/** One run of the open-loop generator: requests leave on schedule, answered or not. */
export interface OpenLoopJob {
  readonly endpoint: Endpoint;
  /** As `writeRequests` leaves it. */
  readonly requestsFile: string;
  readonly requestsPerSecond: number;
  readonly connections: number;
  /** Sent on the same schedule beforehand, and not counted. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** What the generator measured. All in ms. */
export interface OpenLoopResult {
  readonly requests: number;
  /** Answers that were not 200, those while warming up included. */
  readonly refused: number;
  /** From the moment a request was due, whether or not it left then, to its whole answer. */
  readonly latency: Percentiles;
  /** How late the generator itself was: its own and the machine's doing, never the server's. */
  readonly generatorLag: Percentiles;
  /** Latency less the generator's lag. */
  readonly serverLatency: Percentiles;
}

/**
 * Runs the generator in a process of its own on the generator's core.
 *
 * @throws Error when a connection fails
 */
export async function runOpenLoop(job: OpenLoopJob): Promise<OpenLoopResult> {
  const jobFile = `${job.requestsFile}.job.json`;
  await writeFile(jobFile, JSON.stringify(job), { mode: 0o600 });
  const [program, ...rest] = pinned(GENERATOR_CORE, [
    process.execPath,
    '--import',
    import.meta.resolve('tsx'),
    PROCESS,
    jobFile,
  ]);
  await run(program, rest);
  return JSON.parse(await readFile(resultFileOf(jobFile), 'utf8')) as OpenLoopResult;
}

/** Where the generator's process leaves its {@link OpenLoopResult}. */
export function resultFileOf(jobFile: string): string {
  return `${jobFile}.result`;
}
