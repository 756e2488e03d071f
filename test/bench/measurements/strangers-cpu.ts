import { runOpenLoop } from '../load/open-loop.js';
import type { Options } from '../options.js';
import { cpuTimeUs } from '../process-usage.js';
import type { Forge, Session } from '../session.js';
import { median, medianRatio } from '../statistics.js';

const CONNECTIONS = 16;
/** Less than either kind is answered at. */
const SAME_RATE = 1_000;

/**
 * The ways to send them. As fast as they are answered, strangers are made to rest, so that fewer
 * requests share the cost of a turn of the event loop than of whoever is authenticated; at the same
 * rate, nothing differs but the request.
 */
const PACES: ReadonlyMap<string, Pace> = new Map([
  ['as fast as answered', asFastAsAnswered],
  [`${SAME_RATE} a second`, atTheSameRate],
]);

/** Encrypt as it is, and as somebody without a credential would send it. */
const KINDS: ReadonlyMap<string, Forge> = new Map([
  ['authenticated', {}],
  ['unknown access key id', { endpoint: { accessKeyId: 'STRANGERSTRANGERSTRA' } }],
  ['bad signature', { endpoint: { secretAccessKey: 'a secret that nobody was given' } }],
  ['no Authorization header', { change: withoutAuthorization }],
]);

/** @returns the number of requests that were answered */
type Pace = (session: Session, forge: Forge, seconds: number) => Promise<number>;

/** The CPU time of one kind of request on one target. */
export interface StrangerCpuResult {
  readonly target: string;
  readonly pace: string;
  readonly kind: string;
  /** The last round's. */
  readonly requestsPerSecond: number;
  /** µs of CPU time a request, by round. */
  readonly roundsUs: readonly number[];
  readonly medianUs: number;
  /** Median of the rounds' ratios to the authenticated request; wanted below 1. */
  readonly ratio: number;
}

/**
 * Measures the CPU time of requests that are not authenticated beside that of one that is, in short
 * alternating rounds.
 */
export async function measureStrangersCpu(
  sessions: readonly Session[],
  { rounds, roundSeconds: seconds }: Options,
): Promise<readonly StrangerCpuResult[]> {
  const results: StrangerCpuResult[] = [];
  for (const session of sessions) {
    for (const [pace, send] of PACES) {
      const measured = new Map([...KINDS.keys()].map((kind) => [kind, [] as CpuRound[]]));
      for (let round = 0; round < rounds; round += 1) {
        for (const [kind, forge] of KINDS) {
          measured.get(kind)?.push(await cpuOf(session, send, { forge, seconds }));
        }
      }
      const authenticated = usOf(measured.get('authenticated'));
      for (const [kind, readings] of measured) {
        const roundsUs = usOf(readings);
        results.push({
          ...{ target: session.name, pace, kind, roundsUs },
          requestsPerSecond: readings.at(-1)?.requestsPerSecond ?? 0,
          medianUs: median(roundsUs),
          ratio: medianRatio(roundsUs, authenticated),
        });
      }
    }
  }
  return results;
}

interface CpuRound {
  readonly us: number;
  readonly requestsPerSecond: number;
}

function usOf(rounds: readonly CpuRound[] = []): readonly number[] {
  return rounds.map(({ us }) => us);
}

async function cpuOf(
  session: Session,
  send: Pace,
  { forge, seconds }: { readonly forge: Forge; readonly seconds: number },
): Promise<CpuRound> {
  const before = cpuTimeUs(session.server.pid);
  const requests = await send(session, forge, seconds);
  const used = cpuTimeUs(session.server.pid) - before;
  await session.server.discardLog();
  return { us: used / requests, requestsPerSecond: requests / seconds };
}

async function asFastAsAnswered(session: Session, forge: Forge, seconds: number): Promise<number> {
  const load = { connections: CONNECTIONS, seconds };
  return (await session.load('encrypt', load, forge)).requests;
}

async function atTheSameRate(session: Session, forge: Forge, seconds: number): Promise<number> {
  const { requests } = await runOpenLoop({
    endpoint: session.server.endpoint,
    requestsFile: await session.freshRequests('encrypt', forge),
    requestsPerSecond: SAME_RATE,
    connections: CONNECTIONS,
    warmUpSeconds: 0,
    seconds,
  });
  return requests;
}

function withoutAuthorization(request: Buffer): Buffer {
  return Buffer.from(
    request.toString('latin1').replace(/\r\nauthorization: [^\r]*/i, ''),
    'latin1',
  );
}
