import { attacksOn } from '../hostile/attacks.js';
import { runAttacker } from '../hostile/run-attacker.js';
import { callAnew, type Calls, WarmCaller } from '../hostile/signed-callers.js';
import type { Options } from '../options.js';
import { residentBytes } from '../process-usage.js';
import { percentiles } from '../statistics.js';
import { startHoldfast } from '../targets/holdfast.js';
import type { Endpoint, RunningTarget } from '../targets/target.js';

const WITHIN_MS = 1_000;
const SAMPLE_EVERY_MS = 200;
const SETTLE_MS = 2_000;

/** The outcome for signed callers. */
export interface CallerResult {
  readonly calls: number;
  readonly failures: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of all calls that succeeded within a second. */
  readonly inTime: number;
}

/** The effect of one attack. */
export interface HostileResult {
  readonly attack: string;
  readonly kilobytesPerSecond: number;
  readonly warm: CallerResult;
  readonly anew: CallerResult;
  /** The most that the server kept resident. */
  readonly residentBytes: number;
}

/**
 * Measures signed callers while strangers attack: a fresh server for each attack, and one without.
 */
export async function measureHostile(
  options: Options,
  onResult: (result: HostileResult) => void,
): Promise<void> {
  onResult(await measureOne('none', { ...options, silentConnections: 0 }));
  for (const { name } of attacksOn('')) onResult(await measureOne(name, options));
}

async function measureOne(attack: string, options: Options): Promise<HostileResult> {
  const server = await startHoldfast('holdfast', { durability: 'written' });
  try {
    return await attackServer(server, attack, options);
  } finally {
    await server.stop();
  }
}

async function attackServer(
  { pid, endpoint }: RunningTarget,
  attack: string,
  { hostileSeconds, hostileBytesPerSecond, silentConnections }: Options,
): Promise<HostileResult> {
  const warmCaller = await WarmCaller.open(endpoint);
  await warmCaller.call(1);
  const memory = watchMemory(pid);
  const running = runAttacker({
    ...target(endpoint),
    attack,
    silentConnections,
    bytesPerSecond: hostileBytesPerSecond,
  });
  const startedAt = performance.now();
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const [warm, anew] = await Promise.all([
    warmCaller.call(hostileSeconds),
    callAnew(endpoint, hostileSeconds),
  ]);
  const sentBytes = await running.stop();
  const seconds = (performance.now() - startedAt) / 1_000;
  warmCaller.close();
  return {
    attack,
    kilobytesPerSecond: sentBytes / seconds / 1_024,
    warm: summary(warm),
    anew: summary(anew),
    residentBytes: memory.stop(),
  };
}

function target({ host, port, certificateAuthority, uriPath }: Endpoint) {
  return { host, port, certificateAuthority, uriPath };
}

function watchMemory(pid: number): { stop(): number } {
  let most = 0;
  const look = (): void => {
    most = Math.max(most, residentBytes(pid));
  };
  const timer = setInterval(look, SAMPLE_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return most;
    },
  };
}

function summary({ durationsMs, failures }: Calls): CallerResult {
  const calls = durationsMs.length + failures;
  const inTime = durationsMs.filter((ms) => ms <= WITHIN_MS).length / calls;
  const { p50, p99 } = percentiles(Float64Array.from(durationsMs));
  return { calls, failures, p50Ms: p50, p99Ms: p99, inTime };
}
