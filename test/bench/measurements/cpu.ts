import type { Options } from '../options.js';
import { cpuTimeUs } from '../process-usage.js';
import { OPERATIONS, type Operation } from '../requests.js';
import type { Load, Session } from '../session.js';
import { median } from '../statistics.js';

/** CPU time and throughput of one operation on one target. */
export interface CpuResult {
  readonly operation: Operation;
  readonly connections: number;
  readonly target: string;
  /** µs of CPU time a request, by round. */
  readonly roundsUs: readonly number[];
  readonly medianUs: number;
  /** Median of what one core answered. */
  readonly requestsPerSecond: number;
  readonly refused: number;
}

interface Round {
  readonly us: number;
  readonly perSecond: number;
  readonly refused: number;
}

/**
 * Measures the server's CPU time per request in short alternating rounds, because the machine's
 * speed drifts: only neighbours in time can be compared.
 *
 * @param results is filled on the way
 */
export async function measureCpu(
  sessions: readonly Session[],
  connectionCounts: readonly number[],
  { rounds, roundSeconds: seconds }: Options,
  results: CpuResult[],
): Promise<void> {
  for (const connections of connectionCounts) {
    for (const operation of OPERATIONS) {
      const measured = sessions.map((session) => ({ session, rounds: [] as Round[] }));
      for (let round = 0; round < rounds; round++) {
        for (const target of measured) {
          target.rounds.push(
            await measureRound(target.session, operation, { connections, seconds }),
          );
        }
      }
      results.push(
        ...measured.map(({ session: { name: target }, rounds: of }) => ({
          operation,
          connections,
          target,
          roundsUs: of.map(({ us }) => us),
          medianUs: median(of.map(({ us }) => us)),
          requestsPerSecond: median(of.map(({ perSecond }) => perSecond)),
          refused: of.reduce((sum, { refused }) => sum + refused, 0),
        })),
      );
    }
  }
}

async function measureRound(session: Session, operation: Operation, load: Load): Promise<Round> {
  const before = cpuTimeUs(session.server.pid);
  const { requests, refused, requestsPerSecond } = await session.load(operation, load);
  const used = cpuTimeUs(session.server.pid) - before;
  await session.server.discardLog();
  return { us: used / requests, perSecond: requestsPerSecond, refused };
}
