import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AdminClient } from '../../../src/cli/admin-client.js';
import { runOpenLoop } from '../load/open-loop.js';
import type { Options } from '../options.js';
import { writeRequests } from '../requests.js';
import { type Percentiles, percentiles } from '../statistics.js';
import type { RunningHoldfast } from '../targets/holdfast.js';
import { SharedState } from '../targets/sealed.js';
import { prepareWorkload, signWorkload } from '../workload.js';

const REQUESTS_PER_SECOND = 1_000;
const CONNECTIONS = 16;
const BETWEEN_CHANGES_MS = 100;
const POLL_MS = 2;

/** Two replicas with many keys, of which one makes changes. */
export interface ManyKeysResult {
  readonly keys: number;
  /** Time from an acknowledged change until it is in force at the other replica, in ms. */
  readonly reach: Percentiles;
  readonly changes: number;
  /** Requests that ran meanwhile, on the replica that made the changes, and those refused. */
  readonly requests: number;
  readonly refused: number;
}

/** Measures how changes reach the other replica under load, where there are many keys. */
export async function measureManyKeys({ keys, reachSeconds }: Options): Promise<ManyKeysResult> {
  const shared = await SharedState.launch();
  const running: RunningHoldfast[] = [];
  try {
    const first = await shared.startReplica('first');
    await first.stop();
    await shared.plantKeys(keys);
    const from = await shared.startReplica('from');
    running.push(from);
    const to = await shared.startReplica('to');
    running.push(to);
    return { keys, ...(await measureReach(from, to, reachSeconds)) };
  } finally {
    for (const replica of running) await replica.stop();
    await shared.stop();
  }
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
