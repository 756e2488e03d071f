import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AdminClient } from '../../../src/cli/admin-client.js';
import { runOpenLoop } from '../load/open-loop.js';
import type { Options } from '../options.js';
import { residentBytes } from '../process-usage.js';
import { writeRequests } from '../requests.js';
import { type Percentiles, percentiles } from '../statistics.js';
import type { RunningHoldfast } from '../targets/holdfast.js';
import { SharedState } from '../targets/sealed.js';
import { prepareWorkload, signWorkload } from '../workload.js';

const REQUESTS_PER_SECOND = 1_000;
const CONNECTIONS = 16;
/** Keys that are made at a time. */
const AT_ONCE = 8;
const BETWEEN_CHANGES_MS = 100;
const POLL_MS = 2;
/** For what a start leaves behind to be collected. */
const SETTLE_MS = 3_000;

/** Two replicas with many keys. */
export interface ManyKeysResult {
  readonly keys: number;
  /** Time from the start of the process until it serves, in ms: with one key, and with many. */
  readonly startMs: readonly [few: number, many: number];
  /** Resident memory after the start: with one key, and with many. */
  readonly residentBytes: readonly [few: number, many: number];
  /** Time from an acknowledged change until it is in force at the other replica, in ms. */
  readonly reach: Percentiles;
  readonly changes: number;
  /** Requests that ran meanwhile, on the replica that made the changes, and those refused. */
  readonly requests: number;
  readonly refused: number;
}

/** Measures a start with many keys, and how changes reach the other replica under load. */
export async function measureManyKeys({ keys, reachSeconds }: Options): Promise<ManyKeysResult> {
  const shared = await SharedState.launch();
  const running = new Set<RunningHoldfast>();
  const start = async (name: string) => {
    const startedAt = performance.now();
    const replica = await shared.startReplica(name);
    running.add(replica);
    return { replica, ms: performance.now() - startedAt };
  };
  const stop = async (replica: RunningHoldfast) => {
    running.delete(replica);
    await replica.stop();
  };
  try {
    const few = await start('few');
    await pause(SETTLE_MS);
    const fewBytes = residentBytes(few.replica.pid);
    await makeKeys(few.replica, keys);
    await stop(few.replica);
    const many = await start('many');
    await pause(SETTLE_MS);
    const manyBytes = residentBytes(many.replica.pid);
    const other = await start('other');
    const reach = await measureReach(many.replica, other.replica, reachSeconds);
    return {
      keys,
      startMs: [few.ms, many.ms],
      residentBytes: [fewBytes, manyBytes],
      ...reach,
    };
  } finally {
    for (const replica of running) await replica.stop();
    await shared.stop();
  }
}

async function makeKeys(replica: RunningHoldfast, count: number): Promise<void> {
  let made = 0;
  const make = async () => {
    while (made < count) {
      made += 1;
      await createKey(replica, `key-${made}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, make));
}

async function createKey(replica: RunningHoldfast, externalKeyId: string): Promise<void> {
  await adminOf(replica).call('createKey', {
    body: { externalKeyId, keyStore: 'quickstart', usage: ['ENCRYPT', 'DECRYPT'] },
  });
}

async function measureReach(from: RunningHoldfast, to: RunningHoldfast, seconds: number) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-reach-'));
  try {
    const requestsFile = join(folder, 'encrypt');
    const workload = await prepareWorkload(from.endpoint);
    await writeRequests(requestsFile, signWorkload(from.endpoint, 'encrypt', workload));
    const load = runOpenLoop({
      endpoint: from.endpoint,
      requestsFile,
      requestsPerSecond: REQUESTS_PER_SECOND,
      connections: CONNECTIONS,
      warmUpSeconds: 1,
      seconds,
    });
    const took: number[] = [];
    const endsAt = performance.now() + seconds * 1000;
    while (performance.now() < endsAt) {
      await pause(BETWEEN_CHANGES_MS);
      took.push(await reachOf(`reach-${took.length}`, from, to));
    }
    const { requests, refused } = await load;
    const changes = took.length;
    return { reach: percentiles(Float64Array.from(took)), changes, requests, refused };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Nobody else makes changes, so the revision after it is that of the change. */
async function reachOf(id: string, from: RunningHoldfast, to: RunningHoldfast): Promise<number> {
  await createKey(from, id);
  const acknowledgedAt = performance.now();
  const revision = await appliedAt(from);
  while ((await appliedAt(to)) < revision) await pause(POLL_MS);
  return performance.now() - acknowledgedAt;
}

async function appliedAt(replica: RunningHoldfast): Promise<number> {
  return (await adminOf(replica).call('showStatus', {})).state.applied;
}

function adminOf({ stateDirectory }: RunningHoldfast): AdminClient {
  return new AdminClient(join(stateDirectory, 'admin.sock'));
}
