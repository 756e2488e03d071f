import { randomBytes } from 'node:crypto';
import type { LoadedConfiguration } from '../configuration/configuration-file.js';
import type { Lifecycle } from '../external-keys/lifecycle/lifecycle.js';
import type { NodeSetKeyManager } from '../key-managers/nodes/node-set.js';
import { KeyStore } from '../key-stores/key-store.js';
import { KeyStoreTable } from '../key-stores/key-store-table.js';
import type { ServedGeneration } from '../pipeline/context.js';
import type { NodeLimits } from '../key-managers/nodes/limits.js';
import { InFlight } from '../pipeline/in-flight.js';
import type { Served } from './audit.js';
import { serveKeyStores } from './key-stores.js';
import { lifecyclesOf } from './lifecycles.js';
import type { GenerationPolicies } from './policies.js';
import type { ServerProcess } from './process.js';
import type { AwaitedRestart } from './reload/awaited-restarts.js';

/**
 * A configuration in force, and what is made of it alone: key stores, verifiers, the acts on keys.
 * It never changes; another generation takes its place, and requests that were begun finish on the
 * one that they began on. A key manager that did not change goes on into the next generation.
 */
export interface Generation extends Served {
  /** 1 is the configuration that the process was started with. */
  readonly number: number;
  /** Time at which it was made, in ISO 8601. */
  readonly since: string;
  readonly loaded: LoadedConfiguration;
  readonly policies: GenerationPolicies;
  /** By name, in configured order. */
  readonly keyManagers: ReadonlyMap<string, NodeSetKeyManager>;
  /** Changes in files that only a restart puts in force. */
  readonly waitsForRestart: readonly AwaitedRestart[];
  /** The part that requests meet. */
  readonly served: ServedGeneration;
  /** The acts on the keys of each key manager, by its name. */
  readonly acts: ReadonlyMap<string, Lifecycle>;
}

/** The parts that a generation is made of. */
export type GenerationParts = Pick<
  Generation,
  'keyManagers' | 'loaded' | 'number' | 'policies' | 'waitsForRestart'
>;

/** Makes a generation. It starts nothing, and nothing of it has to be stopped. */
export function makeGeneration(parts: GenerationParts, lived: ServerProcess): Generation {
  const { loaded, keyManagers, policies } = parts;
  const { configuration } = loaded;
  const { clock, loggers, records, state, keyUse, notifications, running, certificates } = lived;
  const { quotaMeters, credentials, credentialUses } = lived;
  const keyStores = new KeyStoreTable(configuration.keyStores.map((each) => new KeyStore(each)));
  return {
    ...parts,
    since: new Date(clock.now()).toISOString(),
    keyStores,
    served: {
      keyStores: serveKeyStores(keyStores, keyManagers, {
        ...{ clock, randomBytes, records, keyUse, quotaMeters, credentials, credentialUses },
        policies: policies.byKeyStore,
      }),
      deadlineMs: configuration.deadlineMs,
      proxyFleetSize: configuration.proxyFleetSize,
      queueLimit: queueLimitOf(configuration.keyManagerLimits),
      inFlight: new InFlight(),
    },
    acts: lifecyclesOf(configuration, keyManagers, {
      ...{ records, state, clock, running, certificates },
      log: loggers.keyManager,
      events: notifications.notifier,
    }),
  };
}

/** The generation in force, and those before it that are still in use. */
export class Generations {
  #current: Generation;
  readonly #retiring = new Set<Promise<void>>();

  /** @param first the one that the process is started with */
  constructor(first: Generation) {
    this.#current = first;
  }

  get current(): Generation {
    return this.#current;
  }

  /**
   * Does something on the generation in force now, which keeps all its parts until that has ended.
   */
  async hold<T>(work: (generation: Generation) => T | Promise<T>): Promise<T> {
    const held = this.#current;
    held.served.inFlight.begin();
    try {
      return await work(held);
    } finally {
      held.served.inFlight.end();
    }
  }

  /**
   * Puts another one in force.
   *
   * @param retire closes what only the one before used, after the last request that began on it;
   *   never rejects
   */
  replaceBy(next: Generation, retire: (before: Generation) => Promise<void>): void {
    const before = this.#current;
    this.#current = next;
    const retiring = before.served.inFlight.drained().then(() => retire(before));
    this.#retiring.add(retiring);
    void retiring.finally(() => this.#retiring.delete(retiring));
  }

  /** Waits until those before it are closed. */
  async retired(): Promise<void> {
    await Promise.all(this.#retiring);
  }
}

/** A node at work with all that it may be, and a quarter of those waiting that may wait. */
function queueLimitOf({ maxConcurrent, maxWaiting }: NodeLimits): number {
  return maxConcurrent + maxWaiting / 4;
}
