import type { KeyManagerNode, NodeHealth } from '../key-managers/backend.js';
import { backendOf, type KeyManagerConfig } from '../key-managers/backends.js';
import type { BackendPorts } from '../key-managers/definition.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import type { NodeLimits } from '../key-managers/nodes/limits.js';
import { NodeSetKeyManager } from '../key-managers/nodes/node-set.js';
import type { Logger } from '../observability/logger.js';
import type { EncryptionsLeftSample, NodeStateSample } from '../observability/state-gauges.js';
import { Deadline } from '../shared/deadline.js';
import type { Clock } from '../shared/clock.js';
import type { StartReport } from './start-report.js';
import { throwAll } from './teardown.js';

/** Choices of a start that are the same for every key manager. */
export interface KeyManagerStart {
  /** True if empty key folders and tokens may be initialised. */
  readonly init: boolean;
  readonly nodeLimits: NodeLimits;
}

/** The parts that key managers are handed. */
export interface KeyManagerPorts extends BackendPorts {
  readonly log: Logger;
}

/** The time that a start waits for the first health checks. */
const FIRST_HEALTH_CHECK_MS = 5_000;
/** The time that a scrape waits for the first health check. */
const SCRAPE_BUDGET_MS = 1_000;

/**
 * Starts every key manager, one after the other; when one fails, closes those before it.
 *
 * @returns by name, in configured order
 * @throws whatever the backend says is wrong
 */
export async function startKeyManagers(
  configs: readonly KeyManagerConfig[],
  ports: KeyManagerPorts,
  start: KeyManagerStart,
): Promise<ReadonlyMap<string, KeyManager>> {
  const started = new Map<string, KeyManager>();
  try {
    for (const config of configs) {
      started.set(config.name, await startKeyManager(config, ports, start));
    }
    return started;
  } catch (error) {
    await closeKeyManagers(started);
    throw error;
  }
}

/**
 * Closes every key manager.
 *
 * @throws AggregateError with every failure, when all have been tried
 */
export async function closeKeyManagers(
  keyManagers: ReadonlyMap<string, KeyManager>,
): Promise<void> {
  const closing = [...keyManagers.values()].map((keyManager) => keyManager.close());
  const results = await Promise.allSettled(closing);
  throwAll(
    results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : [])),
  );
}

async function startKeyManager(
  config: KeyManagerConfig,
  ports: KeyManagerPorts,
  start: KeyManagerStart,
): Promise<KeyManager> {
  const log = ports.log.child({ keyManager: config.name });
  const { nodes, administration } = await backendOf(config).start(
    config,
    { ...ports, log },
    { init: start.init },
  );
  const { name, type } = config;
  return new NodeSetKeyManager({
    name,
    type,
    nodes,
    administration,
    clock: ports.clock,
    limits: start.nodeLimits,
    onHealthChange: (changed, health) => {
      logHealth(log, changed, health);
    },
  });
}

function logHealth(log: Logger, node: KeyManagerNode, { status, detail }: NodeHealth): void {
  const fields = { node: node.name, location: node.location, status, detail };
  if (status === 'ACTIVE') log.info(fields, 'the node is healthy');
  else log.error(fields, 'the node is not healthy');
}

/** Describes every key manager and the state of its nodes, for the report of a start. */
export function reportKeyManagers(
  keyManagers: ReadonlyMap<string, KeyManager>,
  clock: Clock,
): Promise<StartReport['keyManagers']> {
  return Promise.all(
    [...keyManagers.values()].map(async (keyManager) => ({
      name: keyManager.name,
      type: keyManager.type,
      nodes: await keyManager.health(Deadline.after(clock, FIRST_HEALTH_CHECK_MS)),
    })),
  );
}

/** The state of every node, for metrics. */
export async function sampleNodeStates(
  keyManagers: ReadonlyMap<string, KeyManager>,
  clock: Clock,
): Promise<readonly NodeStateSample[]> {
  const samples = await Promise.all(
    [...keyManagers.values()].map(async (keyManager) => {
      const nodes = await keyManager.health(Deadline.after(clock, SCRAPE_BUDGET_MS));
      return nodes.map(({ name: node, location, status }) => ({
        keyManager: keyManager.name,
        node,
        location,
        status,
      }));
    }),
  );
  return samples.flat();
}

/**
 * Reads the encryptions left of every key's current version, for metrics. A key manager that cannot
 * list its keys now is left out, so that the other metrics are still served. The states of its
 * nodes show the failure.
 */
export async function sampleEncryptionsLeft(
  keyManagers: ReadonlyMap<string, Pick<KeyManager, 'administration'>>,
): Promise<readonly EncryptionsLeftSample[]> {
  const samples = await Promise.allSettled(
    [...keyManagers].map(async ([keyManager, { administration }]) => {
      if (administration.countsEncryptions !== true) return [];
      const keys = (await administration.listKeys?.()) ?? [];
      return keys.flatMap(({ description: { externalKeyId, current }, encryptionsLeft }) =>
        current === undefined || encryptionsLeft === undefined
          ? []
          : [{ keyManager, externalKeyId, keyVersion: current.version, encryptionsLeft }],
      );
    }),
  );
  return samples.flatMap((sample) => (sample.status === 'fulfilled' ? sample.value : []));
}
