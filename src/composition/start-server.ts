import type { AddressInfo } from 'node:net';
import { KeyInventory } from '../admin/key-inventory.js';
import type { LoadedConfiguration } from '../configuration/configuration-file.js';
import type { Configuration } from '../configuration/schema.js';
import { OperationsServer } from '../http/operations/operations-server.js';
import { KeyManagerError } from '../key-managers/backend.js';
import { newDoors } from '../http/xks/door.js';
import type { Metrics } from '../observability/metrics.js';
import { createHandle } from '../pipeline/handle.js';
import { createTurnAway } from '../pipeline/turn-away.js';
import { listenAt } from './address.js';
import { startAdmin, stopAdmin } from './admin.js';
import { recordConfiguration } from './audit.js';
import { affordableListeners, type DescriptorPlan, openDescriptors } from './descriptors.js';
import { operationsEndpoint } from './endpoints.js';
import { firstGeneration } from './first-generation.js';
import type { Generations } from './generation.js';
import { inForceOf } from './in-force.js';
import { ListenerSet, plannedListeners } from './listener-set.js';
import { createMetrics } from './metrics.js';
import { startWatches } from './notifications.js';
import { pipelineServices } from './pipeline-services.js';
import { openProcess, type ProcessPorts, type ServerProcess } from './process.js';
import { FileWatch } from './reload/file-watch.js';
import { ReloadJournal, type ReloadTrigger } from './reload/reload-journal.js';
import { ReloadError } from './reload/reload-error.js';
import { Reloader } from './reload/reloader.js';
import { startScheduler } from './scheduler.js';
import { collectStartGarbage } from './start-garbage.js';
import { reportStart, type StartReport } from './start-report.js';
import { Teardown } from './teardown.js';
import { startTombstones, type ToldTombstones } from './destructions/told-tombstones.js';

/** A server that serves. */
export interface RunningServer {
  /** Its state just after the start, to be shown. */
  readonly report: StartReport;
  /** Puts in force what the configuration's file says now. Never rejects: the log says it. */
  readonly reload: (trigger: ReloadTrigger) => Promise<void>;
  /** The configuration in force now. */
  readonly configuration: () => Configuration;
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
    const lived = await openProcess(loaded, ports, teardown);
    const generations = await firstGeneration(loaded, ports, { lived, teardown });
    const tombstones = await startTombstones(lived, generations, teardown);
    return await new ServerStart(ports, { lived, generations, teardown, tombstones }).run();
  } catch (error) {
    await teardown.run(0).catch((failure: unknown) => {
      ports.loggers.process.error({ err: failure }, 'what had been started could not be stopped');
    });
    throw error;
  }
}

/** The parts that serve, and the list of what is to be stopped. */
interface StartedParts {
  readonly lived: ServerProcess;
  readonly generations: Generations;
  readonly teardown: Teardown;
  readonly tombstones: ToldTombstones;
}

/**
 * The steps of a start: listeners last, so that nobody is let in before there is an answer and a
 * record of it. Probes and metrics look at them from before they serve.
 */
class ServerStart {
  readonly #ports: ProcessPorts;
  readonly #lived: ServerProcess;
  readonly #generations: Generations;
  readonly #teardown: Teardown;
  readonly #tombstones: ToldTombstones;
  readonly #journal: ReloadJournal;
  readonly #metrics: Metrics;
  readonly #listeners: ListenerSet;
  #draining = false;

  constructor(ports: ProcessPorts, { lived, generations, teardown, tombstones }: StartedParts) {
    this.#ports = ports;
    this.#lived = lived;
    this.#generations = generations;
    this.#teardown = teardown;
    this.#tombstones = tombstones;
    const { clock, loggers, notifications } = lived;
    const { file } = generations.current.loaded;
    const tell = notifications.notifier;
    this.#journal = new ReloadJournal({ clock, log: loggers.process, tell, file });
    this.#metrics = this.#createMetrics();
    this.#listeners = this.#createListeners();
  }

  async run(): Promise<RunningServer> {
    const { clock, loggers, state, running, records, keyUse } = this.#lived;
    const inventory = await this.#recordWhatIsServed();
    const reloader = this.#createReloader(inventory);
    await this.#startAdmin(inventory, reloader);
    const operations = await this.#startOperations();
    await collectStartGarbage();
    const descriptors = await this.#startListeners();
    const schedules = { state, clock, records, keyUse, log: loggers.keyManager };
    const scheduler = startScheduler(this.#generations, running, schedules);
    this.#teardown.add(() => scheduler.stop());
    const listeners = () => this.#listeners.serving;
    const watches = startWatches(this.#lived, this.#generations, listeners);
    this.#teardown.add(() => watches.stop());
    this.#teardown.add(() => reloader.stop());
    const fileWatch = this.#watchFiles(reloader);
    this.#teardown.add(() => fileWatch.stop());
    return this.#running(reloader, { operations, descriptors });
  }

  async #running(
    reloader: Reloader,
    started: Pick<StartReport, 'descriptors' | 'operations'>,
  ): Promise<RunningServer> {
    const { current } = this.#generations;
    const listeners = this.#listeners.serving;
    const report = await reportStart(current, this.#lived, { ...started, listeners });
    const configuration = () => this.#generations.current.loaded.configuration;
    return {
      report,
      // The journal has told a failure.
      reload: (trigger) => reloader.reload(trigger).then(noValue, noValue),
      configuration,
      stop: () => this.#teardown.run(configuration().drainDelayMs),
    };
  }

  async #recordWhatIsServed(): Promise<KeyInventory | undefined> {
    const { audit, state, loggers } = this.#lived;
    if (audit === undefined) return undefined;
    await recordConfiguration(audit.trail, this.#generations.current, 'start', state.storeId);
    const inventory = new KeyInventory(audit.trail, () => this.#generations.current, loggers.audit);
    this.#teardown.add(() => inventory.stop());
    return inventory;
  }

  #createReloader(inventory: KeyInventory | undefined): Reloader {
    const { audit, state } = this.#lived;
    return new Reloader({
      env: this.#ports.env,
      lived: this.#lived,
      generations: this.#generations,
      listeners: this.#listeners,
      journal: this.#journal,
      record: async (next, trigger) => {
        if (audit === undefined) return;
        // A record of a few bytes may fit on a disk that is full.
        if (audit.trail.isRefusing) {
          throw new ReloadError(['records cannot be written to the audit log']);
        }
        await recordConfiguration(audit.trail, next, trigger, state.storeId);
      },
      onReplaced: () => {
        const { keyStores } = this.#generations.current.keyStores;
        this.#metrics.addKeyStores(keyStores.map(({ name }) => name));
        inventory?.takeAgain();
      },
    });
  }

  #watchFiles(reloader: Reloader): FileWatch {
    const { clock, loggers } = this.#lived;
    return new FileWatch({
      clock,
      log: loggers.process,
      inForce: () => this.#generations.current.loaded.digests,
      refresh: () => reloader.refresh(),
      // A PIN that was refused has few tries left.
      isFinal: (error) => error instanceof KeyManagerError && error.code === 'misconfigured',
      onFailure: (error) => {
        this.#journal.failed('files', error);
      },
      onAsBefore: () => {
        this.#journal.filesAreAsBefore();
      },
    });
  }

  async #startAdmin(inventory: KeyInventory | undefined, reloader: Reloader): Promise<void> {
    const { audit, loggers } = this.#lived;
    const { socket } = this.#generations.current.loaded.configuration.admin;
    const inForce = inForceOf({
      lived: this.#lived,
      generations: this.#generations,
      listeners: this.#listeners,
      tombstones: this.#tombstones,
      journal: this.#journal,
      reloader,
    });
    const server = await startAdmin(socket, inForce, {
      log: loggers.admin,
      trail: audit?.trail,
      onAct: () => inventory?.takeAgain(),
      hold: (work) => this.#generations.hold(work),
    });
    this.#teardown.add(() => stopAdmin(server));
  }

  #createMetrics(): Metrics {
    const { clock, state, audit, notifications, policyEngine } = this.#lived;
    return createMetrics({
      ...{ state, audit, notifications, policyEngine, clock },
      served: () => this.#generations.current,
      listeners: () => this.#listeners.serving,
      reloads: () => {
        const { number: generation } = this.#generations.current;
        return { ...this.#journal.sample(), generation };
      },
    });
  }

  async #startOperations(): Promise<AddressInfo> {
    const config = this.#generations.current.loaded.configuration.operations;
    const server = new OperationsServer({
      config,
      isDraining: () => this.#draining,
      isServing: () => this.#listeners.serving.length > 0,
      refusal: () => this.#refusal(),
      metrics: this.#metrics,
      logger: this.#lived.loggers.http,
    });
    const endpoint = operationsEndpoint(config);
    await this.#ports.addresses.release(endpoint);
    const address = await listenAt(endpoint, () => server.listen());
    this.#teardown.add(() => server.close());
    return address;
  }

  #refusal(): string | undefined {
    const { audit, state } = this.#lived;
    if (audit?.trail.isRefusing === true) return 'the audit log cannot be written';
    return state.isServing ? undefined : 'the state is too old';
  }

  #createListeners(): ListenerSet {
    const { addresses } = this.#ports;
    const { clock, loggers, audit, notifications, blocks } = this.#lived;
    const services = pipelineServices({
      ...this.#lived,
      metrics: this.#metrics,
      blocks: blocks.table,
      current: () => this.#generations.current.served,
      audit: audit?.trail,
      events: notifications.notifier,
    });
    return new ListenerSet({
      clock,
      log: loggers.http,
      strangers: loggers.strangers,
      doors: newDoors(),
      addresses,
      handle: (maxBodyBytes) => createHandle({ ...services, maxBodyBytes }),
      turnAway: createTurnAway({ ...services, audit: audit?.trail }),
    });
  }

  async #startListeners(): Promise<DescriptorPlan | undefined> {
    const { loaded } = this.#generations.current;
    const { configuration } = loaded;
    const { process: log } = this.#lived.loggers;
    const { listeners, plan } = affordableListeners(configuration, openDescriptors(), log);
    await this.#listeners.start(plannedListeners(listeners, loaded));
    this.#teardown.add((drainDelayMs) => {
      this.#draining = true;
      return this.#listeners.drain(drainDelayMs);
    });
    return plan;
  }
}

function noValue(): void {
  return undefined;
}
