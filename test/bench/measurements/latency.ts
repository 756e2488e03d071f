import { GENERATOR_CORE, SERVER_CORE } from '../cores.js';
import { runOpenLoop, type OpenLoopResult } from '../load/open-loop.js';
import type { Options } from '../options.js';
import { stolenMs } from '../process-usage.js';
import { OPERATIONS, type Operation } from '../requests.js';
import type { Session } from '../session.js';

/** The default quota of KMS for one key store. */
const REQUESTS_PER_SECOND = 1800;
const CONNECTIONS = 32;

/** Latency of one operation on one target, and what the machine did meanwhile. */
export interface LatencyResult extends OpenLoopResult {
  readonly operation: Operation;
  readonly target: string;
  /** Time the hypervisor took away from the server's and from the generator's core, in ms. */
  readonly stolenMs: { readonly server: number; readonly generator: number };
}

/**
 * Measures latency at a steady rate. The baseline's own tail, the generator's lag and the stolen
 * time stand beside the candidate's, so that the machine's share can be told.
 *
 * @throws Error when more was refused than may be
 */
export async function measureLatency(
  sessions: readonly Session[],
  options: Options,
): Promise<LatencyResult[]> {
  const results: LatencyResult[] = [];
  for (const operation of OPERATIONS) {
    for (const session of sessions) {
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
      results.push({
        ...result,
        operation,
        target: session.name,
        stolenMs: {
          server: stolenMs(SERVER_CORE) - before.server,
          generator: stolenMs(GENERATOR_CORE) - before.generator,
        },
      });
    }
  }
  return results;
}
