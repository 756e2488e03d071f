import { execFile } from 'node:child_process';
import { cp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { compressSegments } from '../../../src/audit/log/closed-segments.js';
import { publicKeyOf } from '../../../src/audit/read/public-key.js';
import { pinned, SERVER_CORE } from '../cores.js';
import type { Options } from '../options.js';
import { median } from '../statistics.js';

const PROCESS = fileURLToPath(new URL('verification-process.mjs', import.meta.url));

const run = promisify(execFile);
const outcome = z.object({
  records: z.number().positive(),
  findings: z.array(z.unknown()).length(0),
  cpuSeconds: z.number().positive(),
});

/** How fast a log is verified. */
export interface VerificationResult {
  /** As the server writes them, or as it keeps them once they are old. */
  readonly segments: 'as written' | 'compressed';
  readonly records: number;
  readonly bytesPerRecord: number;
  /** Records ÷ CPU time of the process that verifies them, its start included; by round. */
  readonly recordsPerCpuSecond: readonly number[];
  readonly medianPerCpuSecond: number;
}

/**
 * Measures the built verifier on a log, each time in a process of its own on one core.
 *
 * @param directory of a log that nobody is writing to
 * @throws Error when anything is found to be wrong with it
 */
export async function measureVerification(
  directory: string,
  { verificationRounds }: Options,
): Promise<VerificationResult[]> {
  const compressed = `${directory}-compressed`;
  await cp(directory, compressed, { recursive: true });
  try {
    await compressSegments(compressed, Number.POSITIVE_INFINITY);
    return [
      await verifyAgainAndAgain(directory, 'as written', verificationRounds),
      await verifyAgainAndAgain(compressed, 'compressed', verificationRounds),
    ];
  } finally {
    await rm(compressed, { recursive: true });
  }
}

async function verifyAgainAndAgain(
  directory: string,
  segments: VerificationResult['segments'],
  rounds: number,
): Promise<VerificationResult> {
  const publicKey = await publicKeyOf(directory);
  if (publicKey === undefined) throw new Error(`there is no audit log in ${directory}`);
  const [program, ...rest] = pinned(SERVER_CORE, [process.execPath, PROCESS, directory, publicKey]);
  const recordsPerCpuSecond: number[] = [];
  let records = 0;
  for (let round = 0; round < rounds; round += 1) {
    const verified = outcome.parse(JSON.parse((await run(program, rest)).stdout));
    records = verified.records;
    recordsPerCpuSecond.push(records / verified.cpuSeconds);
  }
  return {
    segments,
    records,
    bytesPerRecord: (await sizeOf(directory)) / records,
    recordsPerCpuSecond,
    medianPerCpuSecond: median(recordsPerCpuSecond),
  };
}

async function sizeOf(directory: string): Promise<number> {
  const names = (await readdir(directory)).filter((name) => name.includes('.jsonl'));
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(directory, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
