import type { Options } from '../options.js';
import { cpuTimeUs } from '../process-usage.js';
import type { Forge, Session } from '../session.js';
import { median, medianRatio } from '../statistics.js';

const CONNECTIONS = 16;

/** Encrypt as it is, and as somebody without a credential would send it. */
const KINDS: ReadonlyMap<string, Forge> = new Map([
  ['authenticated', {}],
  ['unknown access key id', { endpoint: { accessKeyId: 'STRANGERSTRANGERSTRA' } }],
  ['bad signature', { endpoint: { secretAccessKey: 'a secret that nobody was given' } }],
  ['no Authorization header', { change: withoutAuthorization }],
]);

/** The CPU time of one kind of request on one target. */
export interface StrangerCpuResult {
  readonly target: string;
  readonly kind: string;
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
    const measured = new Map([...KINDS.keys()].map((kind) => [kind, [] as number[]]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [kind, forge] of KINDS) {
        const load = { connections: CONNECTIONS, seconds };
        measured.get(kind)?.push(await cpuOf(session, load, forge));
      }
    }
    const authenticated = measured.get('authenticated') ?? [];
    for (const [kind, roundsUs] of measured) {
      const ratio = medianRatio(roundsUs, authenticated);
      const medianUs = median(roundsUs);
      results.push({ target: session.name, kind, roundsUs, medianUs, ratio });
    }
  }
  return results;
}

async function cpuOf(
  session: Session,
  load: { readonly connections: number; readonly seconds: number },
  forge: Forge,
): Promise<number> {
  const before = cpuTimeUs(session.server.pid);
  const { requests } = await session.load('encrypt', load, forge);
  const used = cpuTimeUs(session.server.pid) - before;
  await session.server.discardLog();
  return used / requests;
}

function withoutAuthorization(request: Buffer): Buffer {
  return Buffer.from(
    request.toString('latin1').replace(/\r\nauthorization: [^\r]*/i, ''),
    'latin1',
  );
}
