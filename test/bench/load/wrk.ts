import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { GENERATOR_CORE, pinned } from '../cores.js';
import type { Endpoint } from '../targets/target.js';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('replay.lua', import.meta.url));

const summary = z.object({
  requests: z.number().positive(),
  durationUs: z.number().positive(),
  badStatus: z.number(),
  failed: z.number(),
});

/** One run of wrk against one server. */
export interface LoadJob {
  readonly endpoint: Endpoint;
  /** As `writeRequests` leaves it. */
  readonly requestsFile: string;
  readonly connections: number;
  readonly seconds: number;
  /** Of all requests. */
  readonly maxRefusedShare: number;
}

/** What wrk saw. */
export interface LoadResult {
  readonly requests: number;
  /** Answers that were not 200. */
  readonly refused: number;
  readonly requestsPerSecond: number;
}

/**
 * Loads a server as fast as it answers, from one thread on the generator's core.
 *
 * @throws Error when too many answers were not 200, or a connection failed
 */
export async function runWrk(job: LoadJob): Promise<LoadResult> {
  const [program, ...rest] = pinned(GENERATOR_CORE, [
    'wrk',
    '--threads=1',
    `--connections=${String(job.connections)}`,
    `--duration=${String(Math.max(1, Math.round(job.seconds)))}s`,
    // Not 2 s: an answer that a busy machine delays is slow, not wrong.
    '--timeout=30s',
    `--script=${SCRIPT}`,
    `https://${job.endpoint.host}:${String(job.endpoint.port)}`,
    '--',
    job.requestsFile,
  ]);
  const { stdout } = await run(program, rest);
  const result = summary.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  if (result.badStatus > result.requests * job.maxRefusedShare || result.failed > 0) {
    throw new Error(
      `of ${String(result.requests)} requests ${String(result.badStatus)} were refused and ` +
        `${String(result.failed)} failed`,
    );
  }
  return {
    requests: result.requests,
    refused: result.badStatus,
    requestsPerSecond: result.requests / (result.durationUs / 1e6),
  };
}

/**
 * Makes sure that wrk can be run.
 *
 * @throws Error that says how to install it
 */
export async function requireWrk(): Promise<void> {
  try {
    await run('wrk', ['-v']);
  } catch (error) {
    // wrk -v exits with 1, so only a program that is not there counts as missing.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) return;
    throw new Error('the benchmark needs wrk: apt-get install wrk (Debian, Ubuntu)', {
      cause: error,
    });
  }
}
