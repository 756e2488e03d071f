import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { compressSegments } from '../../../src/audit/log/closed-segments.js';
import { pinned, SERVER_CORE } from '../cores.js';
import type { Options } from '../options.js';
import type { Session } from '../session.js';
import { median } from '../statistics.js';
import { writeLongLog } from './long-log.js';

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
 * Measures the built verifier, each time in a process of its own on one core, on a log that is long
 * enough for the start of that process not to count.
 *
 * @param session whose log has key operations, which the long one is made of; on the disk
 * @throws Error when anything is found to be wrong
 */
export async function measureVerification(
  session: Session | undefined,
  { verificationRounds, verificationRecords }: Options,
): Promise<VerificationResult[]> {
  const directory = session?.server.auditDirectory;
  if (directory === undefined) throw new Error('no server with an audit log');
  const long = `${directory}-long`;
  await mkdir(long, { mode: 0o700 });
  try {
    const publicKey = await writeLongLog(directory, long, verificationRecords);
    const plain = await verifyAgainAndAgain(long, publicKey, verificationRounds);
    await compressSegments(long, Number.POSITIVE_INFINITY);
    const compressed = await verifyAgainAndAgain(long, publicKey, verificationRounds);
    return [
      { segments: 'as written', ...plain },
      { segments: 'compressed', ...compressed },
    ];
  } finally {
    await rm(long, { recursive: true });
  }
}

async function verifyAgainAndAgain(
  directory: string,
  publicKey: string,
  rounds: number,
): Promise<Omit<VerificationResult, 'segments'>> {
  const [program, ...rest] = pinned(SERVER_CORE, [process.execPath, PROCESS, directory, publicKey]);
  const recordsPerCpuSecond: number[] = [];
  let records = 0;
  for (let round = 0; round < rounds; round += 1) {
    const verified = outcome.parse(JSON.parse((await run(program, rest)).stdout));
    records = verified.records;
    recordsPerCpuSecond.push(records / verified.cpuSeconds);
  }
  return {
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
