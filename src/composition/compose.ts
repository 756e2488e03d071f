import { randomBytes } from 'node:crypto';
import type { OpenAuditTrail } from '../audit/trail/open-trail.js';
import { OperationsServer } from '../http/operations/operations-server.js';
import { KeyManagerError } from '../key-managers/backend.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import { KeyStore } from '../key-stores/key-store.js';
import { KeyStoreTable } from '../key-stores/key-store-table.js';
import type { LogDestination } from '../observability/log-destination.js';
import type { Loggers } from '../observability/loggers.js';
import { Metrics } from '../observability/metrics.js';
import type { MetricSources } from '../observability/state-gauges.js';
import type { PipelineServices } from '../pipeline/context.js';
import { createHandle } from '../pipeline/handle.js';
import type { Clock } from '../shared/clock.js';
import { Deadline } from '../shared/deadline.js';
import { SIGNATURE_FAILURES } from '../sigv4/failure.js';
import { XKS_ERROR_STATUS } from '../xks/errors.js';
import { getHealthStatus, KEY_OPERATIONS } from '../xks/operations/index.js';
import { listenAt } from './address.js';
import { startAdmin, stopAdmin } from './admin.js';
import { configurationRecords, startAudit } from './audit.js';
import type { LoadedConfiguration } from '../configuration/configuration-file.js';
import { affordableListeners, type DescriptorPlan } from './descriptors.js';
import { operationsEndpoint } from './endpoints.js';
import type { FirstStart } from './first-start.js';
import { KeyInventory } from '../admin/key-inventory.js';
import {
  closeKeyManagers,
  sampleEncryptionsLeft,
  sampleNodeStates,
  startKeyManagers,
} from './key-managers.js';
import { serveKeyStores } from './key-stores.js';
import {
  drainListeners,
  sampleCertificates,
  type ServingListener,
  startListeners,
} from './listeners.js';
import { quickstartFiles } from '../configuration/quickstart-files.js';
import { makeQuickstartKey } from '../quickstart/key.js';
import type { ReservedAddresses } from './reserved-addresses.js';
import type { StartReport } from './start-report.js';
import { Teardown } from './teardown.js';
import { VERSION } from './version.js';

const FIRST_HEALTH_CHECK_MS = 5_000;

/** What the process hands to its parts. */
export interface ProcessPorts {
  readonly clock: Clock;
  readonly loggers: Loggers;
  /** Where the log goes, and sinks of the audit log that are to go there too. */
  readonly stdout: LogDestination;
  /** The parts that may be begun (`--init`). */
  readonly firstStart: Pick<FirstStart, 'keys' | 'audit' | 'followsLostLog'>;
  /** Addresses that are held for the listeners until they listen. */
  readonly addresses: Pick<ReservedAddresses, 'release'>;
  /**
   * The operator's reason to take over an unsigned tail of the audit log
   * (`--accept-unsigned-tail`).
   */
  readonly acceptUnsignedTail?: string | undefined;
}

type KeyManagers = ReadonlyMap<string, KeyManager>;

/** Everything that a configuration asks for, started in an order and stopped in the reverse. */
export class Holdfast {
  readonly #loaded: LoadedConfiguration;
  readonly #ports: ProcessPorts;
  readonly #keyStores: KeyStoreTable;
  readonly #teardown = new Teardown();
  #audit: OpenAuditTrail | undefined;
  #inventory: KeyInventory | undefined;
  #listeners: readonly ServingListener[] = [];
  #descriptors: DescriptorPlan | undefined;
  #draining = false;

  private constructor(loaded: LoadedConfiguration, ports: ProcessPorts) {
    this.#loaded = loaded;
    this.#ports = ports;
    const { keyStores } = loaded.configuration;
    this.#keyStores = new KeyStoreTable(keyStores.map((config) => new KeyStore(config)));
  }

  /**
   * Starts everything. What was started is stopped again when something after it fails.
   *
   * @returns a Holdfast that serves, and what to show of it
   * @throws what the part that failed says: a key manager, the admin socket, a listener
   */
  static async start(
    loaded: LoadedConfiguration,
    ports: ProcessPorts,
  ): Promise<{ holdfast: Holdfast; screen: StartReport }> {
    const holdfast = new Holdfast(loaded, ports);
    try {
      return { holdfast, screen: await holdfast.#start() };
    } catch (error) {
      await holdfast.#teardown.run(0).catch((failure: unknown) => {
        ports.loggers.process.error({ err: failure }, 'what had been started could not be stopped');
      });
      throw error;
    }
  }

  /** Drains, finishes what is in flight and closes everything. */
  async stop(): Promise<void> {
    await this.#teardown.run(this.#loaded.configuration.drainDelayMs);
  }

  /**
   * The audit log first and listeners last, so that nobody is let in before there is an answer and
   * a record of it.
   */
  async #start(): Promise<StartReport> {
    await this.#startAudit();
    const keyManagers = await this.#startKeyManagers();
    await this.#recordWhatIsServed(keyManagers);
    await this.#startAdmin(keyManagers);
    const metrics = this.#metrics(keyManagers);
    const operations = await this.#startOperations(metrics);
    await this.#startListeners(keyManagers, metrics);

    const { configuration, file, hash } = this.#loaded;
    return {
      version: VERSION,
      configurationFile: file,
      configurationHash: hash,
      quickstart: configuration.quickstart
        ? quickstartFiles(configuration.stateDirectory)
        : undefined,
      listeners: this.#listeners,
      descriptors: this.#descriptors,
      operations,
      adminSocket: configuration.admin.socket,
      audit: this.#auditOnScreen(),
      keyStores: this.#keyStores.keyStores,
      keyManagers: await this.#reportKeyManagers(keyManagers),
    };
  }

  #auditOnScreen(): StartReport['audit'] {
    const { audit } = this.#loaded.configuration;
    if (audit === undefined || this.#audit === undefined) return undefined;
    return { directory: audit.directory, publicKey: this.#audit.publicKey };
  }

  async #startAudit(): Promise<void> {
    const { audit } = this.#loaded.configuration;
    if (audit === undefined) return;
    const { clock, loggers, stdout, firstStart, acceptUnsignedTail } = this.#ports;
    const ports = {
      clock,
      logger: loggers.audit,
      stdout,
      init: firstStart.audit,
      followsLostLog: firstStart.followsLostLog,
      acceptUnsignedTail,
    };
    const opened = await startAudit(audit, ports);
    this.#teardown.add(() => opened.close());
    this.#audit = opened;
  }

  async #recordWhatIsServed(keyManagers: KeyManagers): Promise<void> {
    const { audit } = this.#loaded.configuration;
    if (this.#audit === undefined || audit === undefined) return;
    const { trail } = this.#audit;
    const served = { keyStores: this.#keyStores, keyManagers };
    for (const fields of configurationRecords(this.#loaded, audit, served)) {
      await trail.record('configuration', fields);
    }
    const inventory = new KeyInventory(trail, served, this.#ports.loggers.audit);
    this.#inventory = inventory;
    this.#teardown.add(() => inventory.stop());
  }

  async #startKeyManagers(): Promise<KeyManagers> {
    const { configuration } = this.#loaded;
    const { clock, loggers } = this.#ports;
    const ports = { clock, randomBytes, log: loggers.keyManager };
    const start = {
      init: this.#ports.firstStart.keys,
      nodeLimits: configuration.keyManagerLimits,
    };
    const keyManagers = await startKeyManagers(configuration.keyManagers, ports, start);
    this.#teardown.add(() => closeKeyManagers(keyManagers));
    const [first] = keyManagers.values();
    if (configuration.quickstart && first !== undefined) await makeQuickstartKey(first, clock);
    return keyManagers;
  }

  async #startAdmin(keyManagers: KeyManagers): Promise<void> {
    const { socket } = this.#loaded.configuration.admin;
    const inForce = { keyStores: this.#keyStores, keyManagers };
    const journals = {
      log: this.#ports.loggers.admin,
      trail: this.#audit?.trail,
      onAct: () => this.#inventory?.takeAgain(),
    };
    const server = await startAdmin(socket, inForce, journals);
    this.#teardown.add(() => stopAdmin(server));
  }

  #metrics(keyManagers: KeyManagers): Metrics {
    const { clock } = this.#ports;
    const sources: MetricSources = {
      nodeStates: () => sampleNodeStates(keyManagers, clock),
      encryptionsLeft: () => sampleEncryptionsLeft(keyManagers),
      certificates: () => sampleCertificates(this.#listeners, clock.now()),
      audit: () => this.#audit?.sample(),
    };
    return new Metrics(sources, {
      keyStores: this.#keyStores.keyStores.map(({ name }) => name),
      operations: [...KEY_OPERATIONS, getHealthStatus].map(({ name }) => name),
      errorNames: Object.keys(XKS_ERROR_STATUS),
      authenticationFailures: SIGNATURE_FAILURES,
    });
  }

  async #startOperations(metrics: Metrics) {
    const server = new OperationsServer({
      config: this.#loaded.configuration.operations,
      isDraining: () => this.#draining,
      isServing: () => this.#listeners.length > 0,
      isRefusing: () => this.#audit?.trail.isRefusing ?? false,
      metrics,
      logger: this.#ports.loggers.http,
    });
    const endpoint = operationsEndpoint(this.#loaded.configuration.operations);
    await this.#ports.addresses.release(endpoint);
    const address = await listenAt(endpoint, () => server.listen());
    this.#teardown.add(() => server.close());
    return address;
  }

  async #startListeners(keyManagers: KeyManagers, metrics: Metrics): Promise<void> {
    const { clock, loggers } = this.#ports;
    const services = this.#pipelineServices(keyManagers, metrics);
    const { listeners, plan } = affordableListeners(this.#loaded.configuration, loggers.process);
    this.#descriptors = plan;
    this.#listeners = await startListeners(listeners, {
      clock,
      log: loggers.http,
      strangers: loggers.strangers,
      certificates: this.#loaded.certificates,
      addresses: this.#ports.addresses,
      handle: (maxBodyBytes) => createHandle({ ...services, maxBodyBytes }),
    });
    this.#teardown.add((drainDelayMs) => {
      this.#draining = true;
      return drainListeners(this.#listeners, drainDelayMs);
    });
  }

  #pipelineServices(
    keyManagers: KeyManagers,
    metrics: Metrics,
  ): Omit<PipelineServices, 'maxBodyBytes'> {
    const { clock, loggers } = this.#ports;
    const { deadlineMs, proxyFleetSize } = this.#loaded.configuration;
    return {
      keyStores: serveKeyStores(this.#keyStores, keyManagers, { clock, randomBytes }),
      clock,
      audit: this.#audit?.trail,
      deadlineMs,
      proxyFleetSize,
      proxyModel: `Holdfast ${VERSION}`,
      observe(request) {
        loggers.requests.write(request);
        metrics.recordRequest(request);
      },
      reportFailure(error, { kmsRequestId, keyStore, operation }) {
        const request = { kmsRequestId, keyStore, operation };
        const isDefect = !(error instanceof KeyManagerError);
        loggers.failures.report(error, request, { place: keyStore ?? 'no key store', isDefect });
      },
    };
  }

  #reportKeyManagers(keyManagers: KeyManagers): Promise<StartReport['keyManagers']> {
    const { clock } = this.#ports;
    return Promise.all(
      [...keyManagers.values()].map(async (keyManager) => ({
        name: keyManager.name,
        type: keyManager.type,
        nodes: await keyManager.health(Deadline.after(clock, FIRST_HEALTH_CHECK_MS)),
      })),
    );
  }
}
