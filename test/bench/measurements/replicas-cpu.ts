import type { Options } from '../options.js';
import { cpuTimeUs } from '../process-usage.js';
import { OPERATIONS, type Operation } from '../requests.js';
import { Session } from '../session.js';
import { median, medianRatio } from '../statistics.js';
import { sealedInFiles, SharedState } from '../targets/sealed.js';

const CONNECTIONS = 16;

/** CPU time of one operation with the state in files, in PostgreSQL, and over two replicas. */
export interface ReplicasCpuResult {
  readonly operation: Operation;
  readonly filesUs: number;
  readonly oneUs: number;
  readonly twoUs: number;
  /** PostgreSQL ÷ files, the median of neighbours. */
  readonly oneToFiles: number;
  /** Two replicas together ÷ one, the median of neighbours. */
  readonly twoToOne: number;
  /** Two replicas ÷ two servers that share nothing: the share of the state in `twoToOne`. */
  readonly twoToApart: number;
}

/**
 * Measures CPU time a request in alternating rounds: the state store in files, a replica on
 * PostgreSQL, and two replicas that are loaded at once, their time and their requests added up.
 * Two servers with a folder each are loaded in the same way: two processes on one core share
 * fewer requests in a turn of the event loop, whatever their state is in.
 */
export async function measureReplicasCpu(options: Options): Promise<readonly ReplicasCpuResult[]> {
  const shared = await SharedState.launch();
  const sessions: Session[] = [];
  try {
    const replicas = [shared.replica('one'), shared.replica('two')];
    const targets = [sealedInFiles, sealedInFiles, ...replicas];
    for (const target of targets) sessions.push(await Session.begin(target));
    for (const session of sessions) await session.warmUp(options.warmUpSeconds);
    const results: ReplicasCpuResult[] = [];
    for (const operation of OPERATIONS) {
      results.push(await measureOperation(sessions, operation, options));
    }
    return results;
  } finally {
    for (const session of sessions) await session.end();
    await shared.stop();
  }
}

async function measureOperation(
  sessions: readonly Session[],
  operation: Operation,
  options: Options,
): Promise<ReplicasCpuResult> {
  const [files, one] = [sessions.slice(0, 1), sessions.slice(2, 3)];
  const [apart, two] = [sessions.slice(0, 2), sessions.slice(2, 4)];
  const us = new Map<readonly Session[], number[]>(
    [files, one, two, apart].map((loaded) => [loaded, []]),
  );
  for (let round = 0; round < options.rounds; round++) {
    for (const [loaded, took] of us) took.push(await measureRound(loaded, operation, options));
  }
  const of = (loaded: readonly Session[]) => us.get(loaded) ?? [];
  return {
    operation,
    filesUs: median(of(files)),
    oneUs: median(of(one)),
    twoUs: median(of(two)),
    oneToFiles: medianRatio(of(one), of(files)),
    twoToOne: medianRatio(of(two), of(one)),
    twoToApart: medianRatio(of(two), of(apart)),
  };
}

async function measureRound(
  sessions: readonly Session[],
  operation: Operation,
  { roundSeconds: seconds }: Options,
): Promise<number> {
  const used = () => sessions.reduce((sum, { server }) => sum + cpuTimeUs(server.pid), 0);
  const before = used();
  const load = { connections: CONNECTIONS, seconds };
  const loads = await Promise.all(sessions.map((session) => session.load(operation, load)));
  const usedUs = used() - before;
  for (const { server } of sessions) await server.discardLog();
  return usedUs / loads.reduce((sum, { requests }) => sum + requests, 0);
}
