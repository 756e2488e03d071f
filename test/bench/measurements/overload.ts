import { runOverload, type OverloadResult } from '../load/overload.js';
import type { Options } from '../options.js';
import type { Session } from '../session.js';

const CONNECTIONS = 1_024;
/** So few that none of them waits for longer than a key manager that is slow may take. */
const SATURATING_CONNECTIONS = 16;
const TIMES = [1, 2] as const;

/** The calls at one multiple of the sustainable load. */
export interface OverloadRun extends OverloadResult {
  readonly target: string;
  /** Requests a second that the server answered one after the other, as fast as it could. */
  readonly sustainable: number;
  readonly times: number;
  /** Accepted in time, as a part of the sustainable load. */
  readonly goodput: number;
}

/** Measures Encrypt at the sustainable load and at twice as much. */
export async function measureOverload(
  sessions: readonly Session[],
  { overloadSeconds: seconds }: Options,
): Promise<readonly OverloadRun[]> {
  const runs: OverloadRun[] = [];
  for (const session of sessions) {
    const { requests, refused, requestsPerSecond } = await session.load('encrypt', {
      connections: SATURATING_CONNECTIONS,
      seconds,
    });
    const sustainable = (requestsPerSecond * (requests - refused)) / requests;
    for (const times of TIMES) {
      const result = await runOverload({
        endpoint: session.server.endpoint,
        serverPid: session.server.pid,
        requestsFile: await session.freshRequests('encrypt'),
        requestsPerSecond: sustainable * times,
        connections: CONNECTIONS,
        warmUpSeconds: 1,
        seconds,
      });
      const goodput = result.accepted / seconds / sustainable;
      runs.push({ ...result, target: session.name, sustainable, times, goodput });
    }
  }
  return runs;
}
