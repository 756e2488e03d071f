import type { Options } from '../options.js';
import { cpuTimeUs } from '../process-usage.js';
import { OPERATIONS, type Operation } from '../requests.js';
import type { Session } from '../session.js';
import { median } from '../statistics.js';

const CONNECTIONS = 16;

/** CPU time of one operation on one target. */
export interface CpuResult {
  readonly operation: Operation;
  readonly target: string;
  /** µs of CPU time a request, by round. */
  readonly roundsUs: readonly number[];
  readonly medianUs: number;
  /** Median of baseline ÷ this target over the pairs of rounds; 1 for the baseline itself. */
  readonly ratio: number;
}

/**
 * Measures the server's CPU time per request in short alternating rounds, because the machine's
 * speed drifts: neighbours in time are compared, and the median of the pairs is told.
 *
 * @param sessions the baseline first
 */
export async function measureCpu(
  sessions: readonly Session[],
  options: Options,
): Promise<CpuResult[]> {
  const results: CpuResult[] = [];
  for (const operation of OPERATIONS) {
    const rounds = sessions.map((): number[] => []);
    for (let round = 0; round < options.rounds; round++) {
      for (const [index, session] of sessions.entries()) {
        rounds[index]?.push(await cpuPerRequest(session, operation, options.roundSeconds));
      }
    }
    const baseline = rounds[0] ?? [];
    for (const [index, session] of sessions.entries()) {
      const roundsUs = rounds[index] ?? [];
      const ratios = roundsUs.map((us, round) => (baseline[round] ?? Number.NaN) / us);
      results.push({
        operation,
        target: session.name,
        roundsUs,
        medianUs: median(roundsUs),
        ratio: median(ratios),
      });
    }
  }
  return results;
}

async function cpuPerRequest(session: Session, operation: Operation, seconds: number) {
  const before = cpuTimeUs(session.server.pid);
  const { requests } = await session.load(operation, { connections: CONNECTIONS, seconds });
  const used = cpuTimeUs(session.server.pid) - before;
  await session.server.discardLog();
  return used / requests;
}
