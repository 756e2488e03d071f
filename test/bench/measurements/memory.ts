import type { Options } from '../options.js';
import { residentBytes } from '../process-usage.js';
import { OPERATIONS } from '../requests.js';
import { Session } from '../session.js';
import { median } from '../statistics.js';
import type { Target } from '../targets/target.js';

const CONNECTIONS = 16;

/** Resident memory after a number of requests. */
export interface MemorySample {
  readonly requests: number;
  readonly residentBytes: number;
}

/** Resident memory of one target on the way to the last request. */
export interface MemoryResult {
  readonly target: string;
  /** The first is that of the server before any load. */
  readonly samples: readonly MemorySample[];
  /** Between the first and the last quarter of the way from one number of requests to the other. */
  readonly growthBytes: number;
}

/** Sends both operations in turn to a server just started, and reads its RSS on the way. */
export async function measureMemory(target: Target, options: Options): Promise<MemoryResult> {
  const session = await Session.begin(target);
  try {
    const samples = [sample(session, 0)];
    await loadUntil(options.memoryRequests[0], session, samples, options);
    const settled = samples.length - 1;
    await loadUntil(options.memoryRequests[1], session, samples, options);
    return { target: target.name, samples, growthBytes: growth(samples.slice(settled)) };
  } finally {
    await session.end();
  }
}

/** Loads in chunks, the last of them short, and adds a sample behind each. */
async function loadUntil(
  wanted: number,
  session: Session,
  samples: MemorySample[],
  options: Options,
): Promise<void> {
  let perSecond = 0;
  let last = samples.at(-1) ?? sample(session, 0);
  while (last.requests < wanted) {
    const left = perSecond === 0 ? 1 : Math.ceil((wanted - last.requests) / perSecond / 2);
    const seconds = Math.min(options.memoryChunkSeconds, left);
    let { requests } = last;
    for (const operation of OPERATIONS) {
      const load = await session.load(operation, { connections: CONNECTIONS, seconds });
      requests += load.requests;
      perSecond = load.requestsPerSecond;
    }
    await session.server.discardLog();
    last = sample(session, requests);
    samples.push(last);
  }
}

/**
 * RSS goes up and down by some 20 MiB with every garbage collection, so two single readings would
 * tell of their moments; medians of many tell of the trend.
 */
function growth(samples: readonly MemorySample[]): number {
  const bytes = samples.map((each) => each.residentBytes);
  const quarter = Math.ceil(bytes.length / 4);
  return median(bytes.slice(-quarter)) - median(bytes.slice(0, quarter));
}

function sample(session: Session, requests: number): MemorySample {
  return { requests, residentBytes: residentBytes(session.server.pid) };
}
