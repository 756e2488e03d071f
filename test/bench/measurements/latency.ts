import { GENERATOR_CORE, SERVER_CORE } from '../cores.js';
import { runOpenLoop, type OpenLoopResult } from '../load/open-loop.js';
import type { Options } from '../options.js';
import { stolenMs } from '../process-usage.js';
import { OPERATIONS, type Operation } from '../requests.js';
import type { Session } from '../session.js';

/** The default quota of KMS for one key store. */
const REQUESTS_PER_SECOND = 1800;
const CONNECTIONS = 32;

/** Latency in one round, and what the machine did meanwhile. */
export interface LatencyRound extends OpenLoopResult {
  /** Time the hypervisor took away from the server's and from the generator's core, in ms. */
  readonly stolenMs: { readonly server: number; readonly generator: number };
}

/** Latency of one operation on one target. */
export interface LatencyResult {
  readonly operation: Operation;
  readonly target: string;
  readonly rounds: readonly LatencyRound[];
}

/**
 * Measures latency at a steady rate, in alternating rounds: disks and machines have bad minutes, so
 * that only neighbours in time can be compared. The generator's lag and the stolen time stand
 * beside each round.
 *
 * @param results is filled on the way
 * @throws Error when more was refused than may be
 */
export async function measureLatency(
  sessions: readonly Session[],
  options: Options,
  results: LatencyResult[],
): Promise<void> {
  for (const operation of OPERATIONS) {
    const measured = sessions.map((session) => ({ session, rounds: [] as LatencyRound[] }));
    for (let round = 0; round < options.latencyRounds; round++) {
      for (const { session, rounds } of measured) {
        rounds.push(await measureRound(session, operation, options));
      }
    }
    results.push(
      ...measured.map(({ session, rounds }) => ({ operation, target: session.name, rounds })),
    );
  }
}

async function measureRound(
  session: Session,
  operation: Operation,
  options: Options,
): Promise<LatencyRound> {
  const requestsFile = await session.freshRequests(operation);
  const before = { server: stolenMs(SERVER_CORE), generator: stolenMs(GENERATOR_CORE) };
  const result = await runOpenLoop({
    endpoint: session.server.endpoint,
    requestsFile,
    requestsPerSecond: REQUESTS_PER_SECOND,
    connections: CONNECTIONS,
    warmUpSeconds: options.latencyWarmUpSeconds,
    seconds: options.latencySeconds,
  });
  if (result.refused > result.requests * session.maxRefusedShare) {
    throw new Error(`${session.name}, ${operation}: ${result.refused} requests were refused`);
  }
  await session.server.discardLog();
  return {
    ...result,
    stolenMs: {
      server: stolenMs(SERVER_CORE) - before.server,
      generator: stolenMs(GENERATOR_CORE) - before.generator,
    },
  };
}
