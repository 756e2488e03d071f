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
}

/**
 * Measures CPU time a request in alternating rounds: the state store in files, a replica on
 * PostgreSQL, and two replicas that are loaded at once, their time and their requests added up.
 */
export async function measureReplicasCpu(options: Options): Promise<readonly ReplicasCpuResult[]> {
  const shared = await SharedState.launch();
  const sessions: Session[] = [];
  try {
    const targets = [sealedInFiles, shared.replica('one'), shared.replica('two')];
    for (const target of targets) sessions.push(await Session.begin(target));
    for (const session of sessions) await session.warmUp(options.warmUpSeconds);
    const [files, one, two] = sessions;
    if (files === undefined || one === undefined || two === undefined) throw new Error('3 targets');
    const results: ReplicasCpuResult[] = [];
    for (const operation of OPERATIONS) {
      const us: { files: number[]; one: number[]; two: number[] } = { files: [], one: [], two: [] };
      for (let round = 0; round < options.rounds; round++) {
        us.files.push(await measureRound([files], operation, options));
        us.one.push(await measureRound([one], operation, options));
        us.two.push(await measureRound([one, two], operation, options));
      }
      results.push({
        operation,
        filesUs: median(us.files),
        oneUs: median(us.one),
        twoUs: median(us.two),
        oneToFiles: medianRatio(us.one, us.files),
        twoToOne: medianRatio(us.two, us.one),
      });
    }
    return results;
  } finally {
    for (const session of sessions) await session.end();
    await shared.stop();
  }
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
