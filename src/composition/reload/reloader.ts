import { setTimeout as delay } from 'node:timers/promises';
import { checkSource } from '../../configuration/check-configuration.js';
import {
  type ConfigurationSource,
  type LoadedConfiguration,
  readConfiguration,
} from '../../configuration/configuration-file.js';
import type { Environment } from '../../configuration/overrides.js';
import { checkPrivateState } from '../../configuration/private-state.js';
import type { KeyManager } from '../../key-managers/key-manager.js';
import type { NodeSetKeyManager } from '../../key-managers/nodes/node-set.js';
import type { Logger } from '../../observability/logger.js';
import { type Generation, type Generations, makeGeneration } from '../generation.js';
import type { ListenerSet } from '../listener-set.js';
import type { GenerationPolicies } from '../policies.js';
import type { ServerProcess } from '../process.js';
import { planReload, type ReloadPlan } from './plan.js';
import { prepare, type Prepared } from './prepare.js';
import { ReloadError } from './reload-error.js';
import type { ReloadJournal, ReloadTrigger } from './reload-journal.js';
import { startPlanned } from './start-planned.js';

/** The time for which a reload waits until the generation before the last is not used any more. */
const RETIREMENT_MS = 10_000;

/** The parts that a reload works with. */
export interface ReloaderPorts {
  readonly env: Environment;
  readonly lived: ServerProcess;
  readonly generations: Generations;
  readonly listeners: ListenerSet;
  readonly journal: ReloadJournal;
  /** Records a generation that is about to be in force. */
  readonly record: (next: Generation, trigger: ReloadTrigger) => Promise<void>;
  /** Called when another generation is in force. */
  readonly onReplaced: () => void;
}

/** Choices of whoever asks for a reload. */
export interface ReloadChoices {
  /** True if new key managers may begin where there are no keys. */
  readonly init?: boolean;
}

/** A reload that was made. */
export interface Reloaded {
  /** Its differences are none where the configuration has not changed. */
  readonly plan: ReloadPlan;
  /** The number of the generation in force. */
  readonly generation: number;
}

/**
 * Puts another configuration in force while requests run: it is checked as a whole first, what is
 * new is started beside what serves, and then one switch is made. A failure before it changes
 * nothing. One reload at a time.
 */
export class Reloader {
  readonly #ports: ReloaderPorts;
  #work: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  constructor(ports: ReloaderPorts) {
    this.#ports = ports;
  }

  /** Finds out what a reload would do, and does nothing. @throws ConfigurationError */
  preview(): Promise<ReloadPlan> {
    return this.#inTurn(async () => this.#plan(await this.#check(this.#read())));
  }

  /**
   * Puts in force what the configuration's file says now.
   *
   * @throws ConfigurationError, ReloadError, or what a new part says, after it is in the journal
   */
  reload(trigger: ReloadTrigger, { init = false }: ReloadChoices = {}): Promise<Reloaded> {
    return this.#inTurn(() => this.#told(trigger, () => this.#reload(trigger, this.#read(), init)));
  }

  /**
   * Puts in force what the files of certificates and secrets say now, and nothing else: the
   * configuration's own file may be half saved.
   *
   * @throws as {@link reload}, but a failure is not told yet
   */
  refresh(): Promise<Reloaded> {
    return this.#inTurn(() => {
      // That of a reload before it in the turn: nothing may bring back what that has replaced.
      const { source } = this.#ports.generations.current.loaded;
      return this.#reload('files', source, false);
    });
  }

  /** Finishes the reload that is under way, and begins no other. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#work;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(() => {
      if (this.#isStopping) throw new ReloadError(['Holdfast is being stopped']);
      return work();
    });
    this.#work = result.catch(() => undefined);
    return result;
  }

  async #told(trigger: ReloadTrigger, work: () => Promise<Reloaded>): Promise<Reloaded> {
    try {
      return await work();
    } catch (error) {
      this.#ports.journal.failed(trigger, error);
      throw error;
    }
  }

  #read(): ConfigurationSource {
    const { env, generations } = this.#ports;
    return readConfiguration(generations.current.loaded.file, env);
  }

  async #check(source: ConfigurationSource): Promise<LoadedConfiguration> {
    const { env, lived } = this.#ports;
    const loaded = await checkSource(source, env, { clock: lived.clock, isServersUser: true });
    await checkPrivateState(loaded.configuration, source.stateDirectory);
    return loaded;
  }

  #plan(next: LoadedConfiguration): ReloadPlan {
    const { generations, listeners } = this.#ports;
    return planReload(generations.current, listeners.serving, next);
  }

  async #reload(
    trigger: ReloadTrigger,
    source: ConfigurationSource,
    init: boolean,
  ): Promise<Reloaded> {
    const { generations, journal, lived, record, listeners } = this.#ports;
    const plan = this.#plan(await this.#check(source));
    if (plan.refusals.length > 0) throw new ReloadError(plan.refusals);
    const { current } = generations;
    if (plan.differences.length === 0) {
      journal.unchanged(trigger);
      return { plan, generation: current.number };
    }
    const { started } = plan.keyManagers;
    const start = { init, running: current.keyManagers };
    const startKeyManagers = () => startPlanned({ next: plan.next, started }, lived, start);
    const prepared = await prepare(current, plan, {
      ...{ clock: lived.clock, listeners, startKeyManagers },
      openPolicies: (loaded) => this.#openPolicies(loaded),
      notifications: lived.notifications,
    });
    const keyManagers = keyManagersOf(current, plan, prepared);
    let next: Generation;
    try {
      next = this.#nextOf(current, plan, { policies: prepared.policies, keyManagers });
      await record(next, trigger);
    } catch (error) {
      for (const keyManager of keyManagers.values()) {
        if (current.keyManagers.get(keyManager.name) !== keyManager) keyManager.retire();
      }
      await prepared.undo();
      throw error;
    }
    this.#switch(next, plan, prepared);
    this.#tell(trigger, next, plan);
    return { plan, generation: next.number };
  }

  /** Policies of two generations fit into memory: those of the one before the last go first. */
  async #openPolicies(loaded: LoadedConfiguration): Promise<GenerationPolicies> {
    const { lived, generations } = this.#ports;
    if (loaded.policies.length > 0) {
      await Promise.race([generations.retired(), delay(RETIREMENT_MS, undefined, { ref: false })]);
    }
    return lived.policyEngine.open(loaded);
  }

  #nextOf(
    current: Generation,
    plan: ReloadPlan,
    parts: Pick<Generation, 'keyManagers' | 'policies'>,
  ): Generation {
    const number = current.number + 1;
    const { next: loaded, waitsForRestart } = plan;
    return makeGeneration({ ...parts, loaded, number, waitsForRestart }, this.#ports.lived);
  }

  /** Nothing in here can fail, and nothing waits: a request sees all of it or nothing. */
  #switch(next: Generation, plan: ReloadPlan, { listeners: opened, webhooks }: Prepared): void {
    const { generations, listeners, lived, onReplaced } = this.#ports;
    const { drainDelayMs } = generations.current.loaded.configuration;
    const log = lived.loggers.keyManager;
    const going = new Set(next.keyManagers.values());
    const started = new Set(plan.keyManagers.started.map(({ name }) => name));
    generations.replaceBy(next, async ({ keyManagers, policies }) => {
      policies.release();
      for (const [name, keyManager] of keyManagers) {
        if (going.has(keyManager)) continue;
        if (next.keyManagers.has(name) && !started.has(name)) keyManager.retire();
        else await closeAfterwards(keyManager, log);
      }
    });
    for (const { serving, config, renewal } of plan.listeners.kept.values()) {
      if (renewal !== undefined) serving.server.renew(config, renewal);
    }
    const serving = plan.next.configuration.listeners.flatMap((_, index) => {
      const own = opened.get(index) ?? plan.listeners.kept.get(index)?.serving;
      return own === undefined ? [] : [own];
    });
    listeners.replaceBy(serving, drainDelayMs);
    webhooks?.begin();
    lived.audit?.changeSinks(next.loaded.configuration.audit?.sinks ?? []);
    lived.loggers.configure(next.loaded.configuration.log);
    onReplaced();
  }

  #tell(trigger: ReloadTrigger, { number }: Generation, plan: ReloadPlan): void {
    const { journal, lived } = this.#ports;
    const changed = plan.differences.map(({ path, change }) => `${path} ${change}`);
    journal.succeeded(trigger, { generation: number, changed });
    for (const { sentence } of plan.waitsForRestart) lived.loggers.process.warn(sentence);
    for (const { message } of plan.next.warnings) lived.loggers.process.warn(message);
  }
}

/** The key managers of the generation that a plan leads to: those that were started, and others. */
function keyManagersOf(
  current: Generation,
  { next: { configuration }, keyManagers: { hasOtherLimits } }: ReloadPlan,
  { keyManagers: started }: Prepared,
): ReadonlyMap<string, NodeSetKeyManager> {
  const keyManagers = configuration.keyManagers.flatMap(({ name }) => {
    const kept = current.keyManagers.get(name);
    const going = hasOtherLimits ? kept?.withLimits(configuration.keyManagerLimits) : kept;
    const own = started.get(name) ?? going;
    return own === undefined ? [] : [[name, own] as const];
  });
  return new Map(keyManagers);
}

async function closeAfterwards(keyManager: KeyManager, log: Logger): Promise<void> {
  const { name } = keyManager;
  try {
    await keyManager.close();
    log.info({ keyManager: name }, 'the key manager is closed: nothing uses it any more');
  } catch (error) {
    log.error({ keyManager: name, err: error }, 'the key manager could not be closed');
  }
}
