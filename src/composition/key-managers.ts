import type { ExternalKeyRecords } from '../external-keys/external-key-records.js';
import type { KeyManagerNode, KeySummary, NodeHealth } from '../key-managers/backend.js';
import { backendOf, type KeyManagerConfig } from '../key-managers/backends.js';
import type { BackendPorts } from '../key-managers/definition.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import type { NodeLimits } from '../key-managers/nodes/limits.js';
import { NodeSetKeyManager } from '../key-managers/nodes/node-set.js';
import type { Tell } from '../notifications/events.js';
import type { Logger } from '../observability/logger.js';
import type { EncryptionsLeftSample, NodeStateSample } from '../observability/state-gauges.js';
import { Deadline } from '../shared/deadline.js';
import type { Clock } from '../shared/clock.js';
import { HealthEvents } from './health-events.js';
import { throwAll } from './teardown.js';

/** Choices of a start that are the same for every key manager. */
export interface KeyManagerStart {
  /** True if empty key folders and tokens may be initialised. */
  readonly init: boolean;
  readonly nodeLimits: NodeLimits;
  /** Those that run, by name: one that is started in the place of another is told of it. */
  readonly running?: ReadonlyMap<string, NodeSetKeyManager>;
}

/** The parts that key managers are handed. */
export interface KeyManagerPorts extends Omit<BackendPorts, 'mayRenew'> {
  readonly log: Logger;
  readonly records: ExternalKeyRecords;
  readonly tell: Tell;
}

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
): Promise<ReadonlyMap<string, NodeSetKeyManager>> {
  const started = new Map<string, NodeSetKeyManager>();
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
): Promise<NodeSetKeyManager> {
  const { records, tell, ...shared } = ports;
  const log = ports.log.child({ keyManager: config.name });
  const keys = records.of(config.name);
  const mayRenew = (externalKeyId: string) => keys.mayRenew(externalKeyId);
  const before = start.running?.get(config.name);
  const { nodes, administration } = await backendOf(config).start(
    config,
    { ...shared, log, mayRenew },
    { init: start.init, ...(before && { predecessors: before.started }) },
  );
  const { name, type } = config;
  const events = new HealthEvents(name, tell);
  return new NodeSetKeyManager({
    name,
    type,
    nodes,
    administration,
    clock: ports.clock,
    limits: start.nodeLimits,
    onHealthChange: (changed, health) => {
      logHealth(log, changed, health);
      events.changed(changed, health);
    },
  });
}

function logHealth(log: Logger, node: KeyManagerNode, { status, detail }: NodeHealth): void {
  const fields = { node: node.name, location: node.location, status, detail };
  if (status === 'ACTIVE') log.info(fields, 'the node is healthy');
  else log.error(fields, 'the node is not healthy');
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
      return keys.flatMap((key) => encryptionsLeftOf(keyManager, key));
    }),
  );
  return samples.flatMap((sample) => (sample.status === 'fulfilled' ? sample.value : []));
}

function encryptionsLeftOf(keyManager: string, key: KeySummary): EncryptionsLeftSample[] {
  const { description, encryptionsLeft, encryptionLimit } = key;
  const { externalKeyId, current } = description;
  if (current === undefined || encryptionsLeft === undefined) return [];
  const { version: keyVersion } = current;
  return [{ keyManager, externalKeyId, keyVersion, encryptionsLeft, encryptionLimit }];
}
