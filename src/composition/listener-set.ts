import type { LoadedConfiguration } from '../configuration/configuration-file.js';
import type { ListenerConfig } from '../http/config.js';
import type { ListenerCertificates } from '../http/tls/tls.js';
import {
  type ListenerPorts,
  type PlannedListener,
  type ServingListener,
  startListeners,
} from './listeners.js';
import { throwAll } from './teardown.js';

/** A listener that goes on, with what another configuration says of it. */
export interface KeptListener {
  readonly serving: ServingListener;
  readonly config: ListenerConfig;
  /** Present where the certificates, roots or names are others than before. */
  readonly renewal: ListenerCertificates | undefined;
}

/** The listeners of a process: those that serve, and those that drain. */
export class ListenerSet {
  readonly #ports: ListenerPorts;
  #serving: readonly ServingListener[] = [];
  readonly #draining = new Set<Promise<void>>();

  constructor(ports: ListenerPorts) {
    this.#ports = ports;
  }

  /** Those that serve, in configured order; none before the start. */
  get serving(): readonly ServingListener[] {
    return this.#serving;
  }

  /** Starts the listeners of the first configuration. @throws AddressError */
  async start(listeners: readonly PlannedListener[]): Promise<void> {
    this.#serving = [...(await this.open(listeners)).values()];
  }

  /**
   * Starts listeners that are not among those that serve yet.
   *
   * @returns by their place in the configuration
   * @throws AddressError, after which none of them listens
   */
  open(listeners: readonly PlannedListener[]): Promise<ReadonlyMap<number, ServingListener>> {
    return startListeners(listeners, this.#ports);
  }

  /**
   * Puts other listeners in the place of those that serve. Those that are not among them drain.
   *
   * @param next in configured order
   */
  replaceBy(next: readonly ServingListener[], drainDelayMs: number): void {
    const removed = this.#serving.filter((each) => !next.includes(each));
    this.#serving = next;
    for (const { server } of removed) {
      const draining = server.drain(drainDelayMs);
      this.#draining.add(draining);
      void draining.finally(() => this.#draining.delete(draining));
    }
  }

  /** Drains all that serve, and waits for those that drain already. */
  async drain(delayMs: number): Promise<void> {
    const draining = this.#serving.map(({ server }) => server.drain(delayMs));
    const results = await Promise.allSettled([...draining, ...this.#draining]);
    throwAll(
      results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : [])),
    );
  }
}

/** The listeners of a configuration, as they are to be started. */
export function plannedListeners(
  listeners: readonly ListenerConfig[],
  { certificates }: Pick<LoadedConfiguration, 'certificates'>,
): readonly PlannedListener[] {
  return listeners.map((config, index) => ({
    ...{ index, config },
    certificates: certificates.get(index),
  }));
}
