import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminClient } from '../../../src/cli/admin-client.js';
import { type OpenLoopResult, runOpenLoop } from '../load/open-loop.js';
import type { Options } from '../options.js';
import { writeRequests } from '../requests.js';
import { type RunningHoldfast, startHoldfast } from '../targets/holdfast.js';
import { prepareWorkload, signWorkload, type Workload } from '../workload.js';

const REQUESTS_PER_SECOND = 1_000;
const CONNECTIONS = 16;
/** Acts of an administrator at a time. */
const AT_ONCE = 8;

/** One span of load. */
export interface LoadedSpan {
  readonly requests: number;
  readonly refused: number;
  /** From the moment a request was due to its answer, less the generator's lag, in ms. */
  readonly p50: number;
  readonly p99: number;
}

/** The rotation of many keys under load. */
export interface RotationResult {
  readonly keys: number;
  /** Time that the rotation of all of them took, in ms. */
  readonly rotationMs: number;
  /** Encryptions while nothing is rotated, before and afterwards. */
  readonly quiet: readonly LoadedSpan[];
  /** Encryptions while keys are rotated, all the way. */
  readonly rotating: readonly LoadedSpan[];
}

/** Measures requests while every one of many keys is rotated, the one in use, too. */
export async function measureRotation({ keys, spanSeconds }: Options): Promise<RotationResult> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-rotation-'));
  const server = await startHoldfast('rotation');
  try {
    const admin = new AdminClient(join(server.stateDirectory, 'admin.sock'));
    const ids = Array.from({ length: keys }, (_, index) => `key-${index}`);
    await eachAtOnce(ids, async (externalKeyId) => {
      const usage = ['ENCRYPT' as const, 'DECRYPT' as const];
      await admin.call('createKey', { body: { externalKeyId, keyStore: 'quickstart', usage } });
    });
    const workload = await prepareWorkload(server.endpoint);
    const load = () => loaded(server, { workload, folder }, spanSeconds);
    const quiet = [await load()];
    const startedAt = performance.now();
    let isDone = false;
    const rotation = eachAtOnce([...ids, 'quickstart-key'], async (externalKeyId) => {
      await admin.call('rotateKey', { pathParameters: { externalKeyId }, query: {} });
    }).finally(() => {
      isDone = true;
    });
    const rotating: LoadedSpan[] = [];
    const hasEnded = () => isDone;
    do rotating.push(await load());
    while (!hasEnded());
    await rotation;
    const rotationMs = performance.now() - startedAt;
    quiet.push(await load());
    return { keys, rotationMs, quiet, rotating };
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function loaded(
  { endpoint }: RunningHoldfast,
  { workload, folder }: { readonly workload: Workload; readonly folder: string },
  seconds: number,
): Promise<LoadedSpan> {
  const requestsFile = join(folder, 'encrypt');
  await writeRequests(requestsFile, signWorkload(endpoint, 'encrypt', workload));
  const { requests, refused, serverLatency }: OpenLoopResult = await runOpenLoop({
    endpoint,
    requestsFile,
    requestsPerSecond: REQUESTS_PER_SECOND,
    connections: CONNECTIONS,
    warmUpSeconds: 1,
    seconds,
  });
  return { requests, refused, p50: serverLatency.p50, p99: serverLatency.p99 };
}

async function eachAtOnce(
  ids: readonly string[],
  work: (externalKeyId: string) => Promise<void>,
): Promise<void> {
  const left = ids.values();
  const worker = async () => {
    for (const id of left) await work(id);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
