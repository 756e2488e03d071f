import { type OverloadJob, type OverloadResult, runOverload } from '../load/overload.js';
import type { Options } from '../options.js';
import type { Session } from '../session.js';

const CONNECTIONS = 1_024;
/** So few that none of them waits for longer than a key manager that is slow may take. */
const FEW_CONNECTIONS = 16;
const TIMES = [1, 2] as const;
/** Of the requests at a sustainable load, so many are accepted in time. */
const SUSTAINED_SHARE = 0.99;
/** Where to look for the sustainable load, as multiples of what few connections are answered. */
const SEARCHED = { from: 0.25, to: 2, halvings: 7 } as const;
const SEARCH_SECONDS = 3;

/** The calls at one multiple of the sustainable load. */
export interface OverloadRun extends OverloadResult {
  readonly target: string;
  /** The most requests a second, on as many connections, of which 99 % were accepted in time. */
  readonly sustainable: number;
  /** Requests a second that few connections were answered, one after the other. */
  readonly closedLoop: number;
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
      connections: FEW_CONNECTIONS,
      seconds,
    });
    const closedLoop = (requestsPerSecond * (requests - refused)) / requests;
    const sustainable = await sustainableLoad(session, closedLoop);
    for (const times of TIMES) {
      const result = await loadWith(session, { requestsPerSecond: sustainable * times, seconds });
      const goodput = result.accepted / seconds / sustainable;
      runs.push({ ...result, target: session.name, sustainable, closedLoop, times, goodput });
    }
  }
  return runs;
}

/** Looks for the most requests a second of which nearly all are accepted in time. */
async function sustainableLoad(session: Session, closedLoop: number): Promise<number> {
  let sustained = closedLoop * SEARCHED.from;
  let tooMuch = closedLoop * SEARCHED.to;
  for (let halving = 0; halving < SEARCHED.halvings; halving += 1) {
    const requestsPerSecond = (sustained + tooMuch) / 2;
    const { accepted, sent } = await loadWith(session, {
      requestsPerSecond,
      seconds: SEARCH_SECONDS,
    });
    if (accepted >= sent * SUSTAINED_SHARE) sustained = requestsPerSecond;
    else tooMuch = requestsPerSecond;
  }
  return sustained;
}

async function loadWith(
  session: Session,
  load: Pick<OverloadJob, 'requestsPerSecond' | 'seconds'>,
): Promise<OverloadResult> {
  return runOverload({
    endpoint: session.server.endpoint,
    serverPid: session.server.pid,
    requestsFile: await session.freshRequests('encrypt'),
    connections: CONNECTIONS,
    warmUpSeconds: 1,
    ...load,
  });
}
