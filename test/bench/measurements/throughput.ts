import type { Options } from '../options.js';
import { OPERATIONS, type Operation } from '../requests.js';
import type { Session } from '../session.js';
import { median } from '../statistics.js';

/** Throughput of one operation on one target. */
export interface ThroughputResult {
  readonly operation: Operation;
  readonly connections: number;
  readonly target: string;
  /** By round. */
  readonly requestsPerSecond: readonly number[];
  readonly medianPerSecond: number;
}

/** Measures what each server answers on one core when it is asked as fast as it answers. */
export async function measureThroughput(
  sessions: readonly Session[],
  options: Options,
): Promise<ThroughputResult[]> {
  const results: ThroughputResult[] = [];
  for (const operation of OPERATIONS) {
    for (const connections of options.throughputConnections) {
      const load = { connections, seconds: options.throughputSeconds };
      const rounds = sessions.map((): number[] => []);
      for (let round = 0; round < options.throughputRounds; round++) {
        for (const [index, session] of sessions.entries()) {
          rounds[index]?.push((await session.load(operation, load)).requestsPerSecond);
          await session.server.discardLog();
        }
      }
      for (const [index, session] of sessions.entries()) {
        const requestsPerSecond = rounds[index] ?? [];
        const medianPerSecond = median(requestsPerSecond);
        results.push({
          operation,
          connections,
          target: session.name,
          requestsPerSecond,
          medianPerSecond,
        });
      }
    }
  }
  return results;
}
