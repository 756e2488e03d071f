import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { InForce, ReplicaFacts } from '../admin/in-force.js';
import { KeyInventory } from '../admin/key-inventory.js';
import { type OpenAuditTrail, openAuditTrail } from '../audit/trail/open-trail.js';
import type { LoadedConfiguration } from '../configuration/configuration-file.js';
import { quickstartFiles } from '../configuration/quickstart-files.js';
import { OperationsServer } from '../http/operations/operations-server.js';
import { KeyStore } from '../key-stores/key-store.js';
import { KeyStoreTable } from '../key-stores/key-store-table.js';
import type { LogDestination } from '../observability/log-destination.js';
import type { Loggers } from '../observability/loggers.js';
import type { Metrics } from '../observability/metrics.js';
import { createHandle } from '../pipeline/handle.js';
import { makeQuickstartKey } from '../quickstart/key.js';
import type { Clock } from '../shared/clock.js';
import type { StateCopy } from '../state/copy/state-copy.js';
import { listenAt } from './address.js';
import { startAdmin, stopAdmin } from './admin.js';
import { configurationRecords, type Served } from './audit.js';
import { affordableListeners, type DescriptorPlan } from './descriptors.js';
import { operationsEndpoint } from './endpoints.js';
import type { FirstStart } from './first-start.js';
import { closeKeyManagers, reportKeyManagers, startKeyManagers } from './key-managers.js';
import { expiringCertificates, type ServingListener, startListeners } from './listeners.js';
import { createMetrics } from './metrics.js';
import { pipelineServices } from './pipeline-services.js';
import type { ReservedAddresses } from './reserved-addresses.js';
import type { StartReport } from './start-report.js';
import { openState } from './state.js';
import { Teardown } from './teardown.js';
import { VERSION } from './version.js';

/** The parts that the process hands to a server. */
export interface ProcessPorts {
  readonly clock: Clock;
  readonly loggers: Loggers;
  /** The destination of the log, and of audit sinks that write to standard output. */
  readonly stdout: LogDestination;
  /** The parts that may be begun (`--init`). */
  readonly firstStart: Pick<
    FirstStart,
    'keys' | 'audit' | 'state' | 'followsLostLog' | 'acceptsLostState'
  >;
  /** Addresses that are held for the listeners until they listen. */
  readonly addresses: Pick<ReservedAddresses, 'release'>;
  /**
   * The operator's reason to take over an unsigned tail of the audit log
   * (`--accept-unsigned-tail`).
   */
  readonly acceptUnsignedTail?: string | undefined;
}

/** A server that serves. */
export interface RunningServer {
  /** Its state just after the start, to be shown. */
  readonly report: StartReport;
  /** Drains, finishes what is in flight and closes everything. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts everything that a configuration asks for, in an order; it is stopped in the reverse. What
 * was started is stopped again when something after it fails.
 *
 * @throws what the part that failed says: a key manager, the admin socket, a listener
 */
export async function startServer(
  loaded: LoadedConfiguration,
  ports: ProcessPorts,
): Promise<RunningServer> {
  const teardown = new Teardown();
  try {
    const report = await new ServerStart(loaded, ports, teardown).run();
    return { report, stop: () => teardown.run(loaded.configuration.drainDelayMs) };
  } catch (error) {
    await teardown.run(0).catch((failure: unknown) => {
      ports.loggers.process.error({ err: failure }, 'what had been started could not be stopped');
    });
    throw error;
  }
}

/** The steps of a start. Probes and metrics look at the listeners from before they serve. */
class ServerStart {
  readonly #loaded: LoadedConfiguration;
  readonly #ports: ProcessPorts;
  readonly #teardown: Teardown;
  #audit: OpenAuditTrail | undefined;
  #listeners: readonly ServingListener[] = [];
  #draining = false;

  constructor(loaded: LoadedConfiguration, ports: ProcessPorts, teardown: Teardown) {
    this.#loaded = loaded;
    this.#ports = ports;
    this.#teardown = teardown;
  }

  /**
   * The audit log first and listeners last, so that nobody is let in before there is an answer and
   * a record of it.
   */
  async run(): Promise<StartReport> {
    const { configuration, file, hash } = this.#loaded;
    const { clock } = this.#ports;
    const keyStores = new KeyStoreTable(configuration.keyStores.map((each) => new KeyStore(each)));
    await this.#startAudit();
    const state = await this.#openState();
    const keyManagers = await this.#startKeyManagers(state);
    const served = { keyStores, keyManagers };
    const inventory = await this.#recordWhatIsServed(served, state);
    await this.#startAdmin({ ...served, state, facts: this.#facts() }, inventory);
    const audit = this.#audit;
    const listeners = () => this.#listeners;
    const metrics = createMetrics({ served, state, audit, clock, listeners });
    const operations = await this.#startOperations(metrics, state);
    const descriptors = await this.#startListeners(served, { metrics, state });
    return {
      version: VERSION,
      configurationFile: file,
      configurationHash: hash,
      quickstart: configuration.quickstart
        ? quickstartFiles(configuration.stateDirectory)
        : undefined,
      listeners: this.#listeners,
      descriptors,
      operations,
      adminSocket: configuration.admin.socket,
      audit: configuration.audit &&
        audit && { directory: configuration.audit.directory, publicKey: audit.publicKey },
      keyStores: keyStores.keyStores,
      keyManagers: await reportKeyManagers(keyManagers, clock),
    };
  }

  async #startAudit(): Promise<void> {
    const { audit } = this.#loaded.configuration;
    if (audit === undefined) return;
    const { clock, loggers, stdout, firstStart, acceptUnsignedTail } = this.#ports;
    const opened = await openAuditTrail(audit, {
      version: VERSION,
      clock,
      logger: loggers.audit,
      stdout,
      init: firstStart.audit,
      followsLostLog: firstStart.followsLostLog,
      acceptUnsignedTail,
    });
    this.#teardown.add(() => opened.close());
    this.#audit = opened;
  }

  async #openState(): Promise<StateCopy> {
    const { clock, firstStart, loggers } = this.#ports;
    const ports = { clock, randomBytes, firstStart, log: loggers.state };
    const state = await openState(this.#loaded.configuration, ports);
    this.#teardown.add(() => state.close());
    return state;
  }

  async #startKeyManagers(state: StateCopy): Promise<Served['keyManagers']> {
    const { configuration } = this.#loaded;
    const { clock, loggers, firstStart } = this.#ports;
    const ports = { clock, randomBytes, log: loggers.keyManager, state };
    const start = { init: firstStart.keys, nodeLimits: configuration.keyManagerLimits };
    const keyManagers = await startKeyManagers(configuration.keyManagers, ports, start);
    this.#teardown.add(() => closeKeyManagers(keyManagers));
    const [first] = keyManagers.values();
    if (configuration.quickstart && first !== undefined) await makeQuickstartKey(first, clock);
    return keyManagers;
  }

  async #recordWhatIsServed(
    served: Served,
    { storeId }: StateCopy,
  ): Promise<KeyInventory | undefined> {
    const { audit } = this.#loaded.configuration;
    const trail = this.#audit?.trail;
    if (audit === undefined || trail === undefined) return undefined;
    for (const fields of configurationRecords(this.#loaded, audit, served, storeId)) {
      await trail.record('configuration', fields);
    }
    const inventory = new KeyInventory(trail, served, this.#ports.loggers.audit);
    this.#teardown.add(() => inventory.stop());
    return inventory;
  }

  #facts(): ReplicaFacts {
    const { file, hash } = this.#loaded;
    const { clock } = this.#ports;
    const since = new Date(clock.now()).toISOString();
    return {
      version: VERSION,
      generation: { number: 1, file, sha256: hash, since },
      audit: () => this.#audit?.sample(),
      expiring: () => expiringCertificates(this.#listeners, clock.now()),
    };
  }

  async #startAdmin(inForce: InForce, inventory: KeyInventory | undefined): Promise<void> {
    const server = await startAdmin(this.#loaded.configuration.admin.socket, inForce, {
      log: this.#ports.loggers.admin,
      trail: this.#audit?.trail,
      onAct: () => inventory?.takeAgain(),
    });
    this.#teardown.add(() => stopAdmin(server));
  }

  async #startOperations(metrics: Metrics, state: StateCopy): Promise<AddressInfo> {
    const config = this.#loaded.configuration.operations;
    const server = new OperationsServer({
      config,
      isDraining: () => this.#draining,
      isServing: () => this.#listeners.length > 0,
      refusal: () => this.#refusal(state),
      metrics,
      logger: this.#ports.loggers.http,
    });
    const endpoint = operationsEndpoint(config);
    await this.#ports.addresses.release(endpoint);
    const address = await listenAt(endpoint, () => server.listen());
    this.#teardown.add(() => server.close());
    return address;
  }

  #refusal(state: StateCopy): string | undefined {
    if (this.#audit?.trail.isRefusing === true) return 'the audit log cannot be written';
    return state.isServing ? undefined : 'the state is too old';
  }

  async #startListeners(
    served: Served,
    shared: { readonly metrics: Metrics; readonly state: StateCopy },
  ): Promise<DescriptorPlan | undefined> {
    const { configuration, certificates } = this.#loaded;
    const { clock, loggers, addresses } = this.#ports;
    const services = pipelineServices(configuration, served, {
      ...shared,
      clock,
      loggers,
      audit: this.#audit?.trail,
    });
    const { listeners, plan } = affordableListeners(configuration, loggers.process);
    this.#listeners = await startListeners(listeners, {
      clock,
      log: loggers.http,
      strangers: loggers.strangers,
      certificates,
      addresses,
      handle: (maxBodyBytes) => createHandle({ ...services, maxBodyBytes }),
    });
    this.#teardown.add((drainDelayMs) => {
      this.#draining = true;
      return Promise.all(this.#listeners.map(({ server }) => server.drain(drainDelayMs)));
    });
    return plan;
  }
}
