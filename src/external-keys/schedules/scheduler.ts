import type { Clock } from '../../shared/clock.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import { Rounds } from '../../shared/rounds.js';
import type { Lifecycle } from '../lifecycle/lifecycle.js';
import { type HolderState, isHolder, livingReplicas } from './holder.js';
import type { ScheduleClock } from './schedule-clock.js';
import type { Round, ScheduledWork } from './scheduled-work.js';
import { beginWaitingAnew, isAnyWaiting } from './waiting.js';

/** The time between two rounds. */
const ROUND_MS = 10_000;
/** The time after which a round begins nothing more. */
const ROUND_BUDGET_MS = 8_000;
const ANEW =
  'the state store was restored, recovered or begun: every waiting period before a destruction ' +
  'begins anew';

/** The parts that a scheduler works with. */
export interface SchedulerPorts {
  /** The acts on the keys of each key manager that is in force. */
  readonly lifecycles: () => readonly Lifecycle[];
  /** Keeps what is in force until a round has ended. */
  readonly hold: (round: () => Promise<void>) => Promise<void>;
  readonly state: HolderState;
  readonly clock: Clock;
  readonly running: ScheduleClock;
  readonly log: OperatorLog;
  /** In this order, for each key manager. */
  readonly works: readonly ScheduledWork[];
}

/**
 * Does by itself what is due: it finishes acts that were begun and left, rotates, destroys. One
 * replica does it for all that share a state; a crash in between leaves nothing half done.
 */
export class Scheduler {
  readonly #ports: SchedulerPorts;
  readonly #rounds: Rounds;
  #isStopping = false;
  /** True once this replica has asked if the store's history is unbroken. */
  #isHistoryKnown = false;

  constructor(ports: SchedulerPorts) {
    this.#ports = ports;
    this.#rounds = new Rounds(ROUND_MS, () => ports.hold(() => this.#round()));
  }

  /** Begins: a round at once, and then every ten seconds. */
  start(): void {
    void this.round();
    this.#rounds.start();
  }

  /** Ends, when the round that is under way has finished what it is at. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#rounds.stop();
  }

  /** Runs a round, or waits for the one that is under way. Never rejects. */
  round(): Promise<void> {
    return this.#rounds.run();
  }

  async #round(): Promise<void> {
    const { log, state } = this.#ports;
    try {
      await this.#finishAbandoned();
      if (isHolder(state)) await this.#keepSchedules();
      else await this.#watchSchedules();
    } catch (error) {
      log.error({ err: error }, 'the schedules of keys could not be looked after; tried again');
    }
  }

  async #finishAbandoned(): Promise<void> {
    const { state } = this.#ports;
    const living = livingReplicas(state);
    for (const lifecycle of this.#safe) await lifecycle.finishAbandoned(living);
  }

  async #watchSchedules(): Promise<void> {
    const { running, state } = this.#ports;
    running.pause();
    if (!state.isInStep) return;
    if (await running.isOlderThanSeen()) await running.breakHistory();
    else await running.remember();
  }

  async #keepSchedules(): Promise<void> {
    const { clock, running, works } = this.#ports;
    const isWaiting = this.#isAnythingWaiting();
    if (isWaiting || !this.#isHistoryKnown) await this.#knowHistory();
    if (isWaiting) await running.count();
    else running.pause();
    const endsAt = clock.monotonic() + ROUND_BUDGET_MS;
    const goesOn = () => !this.#isStopping && clock.monotonic() < endsAt;
    for (const lifecycle of this.#safe) {
      for (const work of works) {
        const round: Round = { now: clock.now(), ranMs: running.ranMs, goesOn };
        if (goesOn()) await work.run(lifecycle, round);
      }
    }
  }

  /** A restored store may say that a period is over which an operator has ended since. */
  async #knowHistory(): Promise<void> {
    const { running, clock, log } = this.#ports;
    if (await running.isUnbroken()) {
      this.#isHistoryKnown = true;
      return;
    }
    await running.breakHistory();
    const times = { now: clock.now(), ranMs: running.ranMs };
    for (const { ports } of this.#safe) {
      const keys = await beginWaitingAnew(ports.records, times);
      if (keys > 0) log.warn({ keyManager: ports.keyManager.name, keys }, ANEW);
    }
    await running.beginHistory();
    this.#isHistoryKnown = true;
  }

  #isAnythingWaiting(): boolean {
    return this.#safe.some(({ ports }) =>
      ports.records.list().some(({ value }) => value.kind === 'key' && isAnyWaiting(value)),
    );
  }

  /** Those on which no other process acts that this one does not know of. */
  get #safe(): readonly Lifecycle[] {
    return this.#ports.lifecycles().filter(({ ports }) => ports.actsAreSafe);
  }
}
