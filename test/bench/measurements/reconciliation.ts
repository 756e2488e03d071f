import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { pinned, SERVER_CORE } from '../cores.js';
import type { Options } from '../options.js';
import { median } from '../statistics.js';
import { writeSyntheticLog } from '../synthetic-log.js';
import { type Input, INPUTS, writeInputs } from './reconciliation-input.js';

const PROCESS = fileURLToPath(new URL('reconciliation-process.mjs', import.meta.url));

const run = promisify(execFile);
const outcome = z.object({ verdict: z.literal('matched'), pairs: z.number().positive() });
const speed = outcome.extend({ cpuSeconds: z.number(), residentBytes: z.number() });
const memory = outcome.extend({ bytesPerEvent: z.number() });

/** The cost of comparing an audit log with CloudTrail. */
export interface ReconciliationResult {
  readonly pairs: number;
  readonly speeds: readonly {
    readonly input: Input;
    /** Pairs ÷ CPU time of the process, its start included; by round. */
    readonly pairsPerCpuSecond: readonly number[];
    readonly medianPerCpuSecond: number;
    /** The most that the process had of resident memory. */
    readonly residentBytes: number;
  }[];
  /** Memory that an event with its call keeps. */
  readonly bytesPerEvent: number;
}

/**
 * Measures the built program, each time in a process of its own on one core, on a log and on the
 * events that belong to it.
 *
 * @throws Error when not everything is matched
 */
export async function measureReconciliation({
  reconciliationRounds,
  reconciliationPairs: pairs,
}: Options): Promise<ReconciliationResult> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    const log = join(folder, 'log');
    await writeSyntheticLog(log, pairs);
    const inputs = await writeInputs(log, folder);
    const speeds = [];
    for (const input of INPUTS) {
      const runs = [];
      for (let round = 0; round < reconciliationRounds; round += 1) {
        runs.push(speed.parse(await compare('speed', inputs[input], log)));
      }
      const pairsPerCpuSecond = runs.map((one) => one.pairs / one.cpuSeconds);
      const residentBytes = Math.max(...runs.map((one) => one.residentBytes));
      const medianPerCpuSecond = median(pairsPerCpuSecond);
      speeds.push({ input, pairsPerCpuSecond, medianPerCpuSecond, residentBytes });
    }
    const { bytesPerEvent } = memory.parse(await compare('memory', inputs['log files'], log));
    return { pairs, speeds, bytesPerEvent };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compare(what: 'speed' | 'memory', input: string, log: string): Promise<unknown> {
  const [program, ...rest] = pinned(SERVER_CORE, [
    process.execPath,
    ...['--expose-gc', PROCESS, what, input, log],
  ]);
  return JSON.parse((await run(program, rest)).stdout);
}
