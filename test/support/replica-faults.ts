import { setTimeout as pause } from 'node:timers/promises';
import { blocksGivenTwice } from './drawn-blocks.js';
import { type FailedCall, ReplicaLoad } from './replica-load.js';
import type { Replica } from './replica-process.js';
import type { Replicas } from './replicas.js';

/** The kinds of faults, and how often each is drawn among ten; one is made by name alone. */
const FAULTS = {
  'replica killed': 3,
  'database killed': 2,
  'connections cut': 1,
  'black hole': 1,
  failover: 2,
  'failover to a laggard': 1,
  'long black hole': 0,
} as const;

/** One kind of fault. */
export type Fault = keyof typeof FAULTS;

/** Checks the name of a kind of fault. @throws Error */
export function asFault(name: string): Fault {
  const found = Object.keys(FAULTS).find((fault) => fault === name);
  if (found === undefined) throw new Error(`${name} is none of ${Object.keys(FAULTS).join(', ')}`);
  return found as Fault;
}

const DRAWN = Object.entries(FAULTS).flatMap(([fault, weight]) =>
  Array.from({ length: weight }, () => fault as Fault),
);
const AGAIN_MS = 60_000;
/** More than enough for a busy machine: a key that is missing for so long is lost. */
const MISSING_MS = 20_000;
const LONG_BLACK_HOLE_MS = 30_000;
/** Keys that are under load, besides the quickstart's. */
const USED = 10;

/** The outcome of rounds of faults. Everything but the counts should be empty. */
export interface FaultsOutcome {
  readonly rounds: Readonly<Partial<Record<Fault, number>>>;
  readonly answers: number;
  /** Calls that were in flight on a replica when it was killed. */
  readonly inFlight: number;
  /** Changes that were acknowledged. */
  readonly acknowledged: number;
  readonly failures: readonly FailedCall[];
  /** Keys whose creation was acknowledged and that a replica does not know. */
  readonly lost: readonly string[];
  readonly givenTwice: readonly string[];
}

/**
 * Rounds of faults under load, while an operator makes keys. In each round one thing fails and is
 * mended, and then every replica must know every key that was acknowledged.
 */
export class FaultRounds {
  readonly #replicas: Replicas;
  readonly #random: () => number;
  readonly #load: ReplicaLoad;
  readonly #used: string[] = ['quickstart-key'];
  readonly #acknowledged = new Set<string>();
  /** Those that were there when the last round began: every replica holds a block of each. */
  #settled: readonly string[] = ['quickstart-key'];
  readonly #lost = new Set<string>();
  readonly #rounds: Partial<Record<Fault, number>> = {};
  readonly #killed = new Set<FailedCall>();
  #isAdministering = true;
  #made = 0;
  readonly #operator: Promise<void>;

  /** Begins load and changes at once. @param random below 1 */
  constructor(replicas: Replicas, random: () => number) {
    this.#replicas = replicas;
    this.#random = random;
    this.#load = new ReplicaLoad(replicas.endpoint, { externalKeyIds: this.#used });
    this.#operator = this.#administer();
  }

  /**
   * Makes one thing fail and mends it.
   *
   * @returns what it was
   * @throws Error with what every replica has printed last, where that comes to nothing
   */
  async round(fault: Fault = this.#choose(DRAWN)): Promise<Fault> {
    this.#rounds[fault] = (this.#rounds[fault] ?? 0) + 1;
    await pause(this.#random() * 500);
    try {
      await this.#cause(fault);
      await this.#changesGoOn();
      await this.#compare();
    } catch (cause) {
      const told = this.#replicas.all.map((replica) => replica.told);
      throw new Error([`the round of ${fault} came to nothing`, ...told].join('\n'), { cause });
    }
    return fault;
  }

  /** The calls that failed and should not have, so far. */
  get failures(): readonly FailedCall[] {
    return this.#load.failures.filter((failure) => !this.#killed.has(failure));
  }

  /** Ends load and changes. */
  async end(): Promise<FaultsOutcome> {
    this.#isAdministering = false;
    await this.#operator;
    const { answers } = await this.#load.stop();
    return {
      rounds: this.#rounds,
      answers: [...answers.values()].reduce((sum, count) => sum + count, 0),
      inFlight: this.#killed.size,
      acknowledged: this.#acknowledged.size,
      failures: this.failures,
      lost: [...this.#lost],
      givenTwice: blocksGivenTwice(),
    };
  }

  async #cause(fault: Fault): Promise<void> {
    const { database, relay } = this.#replicas;
    switch (fault) {
      case 'replica killed':
        await this.#killReplica();
        break;
      case 'database killed':
        await database.stop('SIGKILL');
        await pause(this.#random() * 3_000);
        await database.start();
        break;
      case 'connections cut':
        relay.cut();
        break;
      case 'black hole':
        relay.swallow();
        await pause(this.#random() * 6_000);
        relay.letThrough();
        break;
      case 'long black hole':
        relay.swallow();
        await pause(LONG_BLACK_HOLE_MS);
        relay.letThrough();
        break;
      case 'failover':
        await this.#failOver(true);
        break;
      case 'failover to a laggard':
        await this.#failOver(false);
        await this.#recover();
        break;
    }
  }

  async #killReplica(): Promise<void> {
    const replica = this.#choose(this.#replicas.all);
    const before = this.#load.failures.length;
    await replica.kill();
    await pause(this.#random() * 2_000);
    // Before it starts again: from then on nothing that fails on it was in flight.
    for (const failure of this.#load.failures.slice(before)) {
      const isOnIt = failure.replica === replica.name || failure.replica === undefined;
      if (isOnIt && !failure.wasAnswered) this.#killed.add(failure);
    }
    await replica.start();
    await replica.ready();
  }

  async #failOver(isSynchronous: boolean): Promise<void> {
    const { database } = this.#replicas;
    const standby = await database.startStandby('standby');
    await database.waitForStandby(isSynchronous ? 'standby' : '');
    if (!isSynchronous) {
      await standby.lag();
      await pause(500 + this.#random() * 1_000);
    }
    await database.stop('SIGKILL');
    await standby.promote();
    await this.#replicas.moveTo(standby);
  }

  /** On each replica that says so, as an operator does: each brings back what it alone knows. */
  async #recover(): Promise<void> {
    const endsAt = Date.now() + AGAIN_MS;
    await this.#untilAnyHasGoneBack(endsAt);
    for (const replica of this.#replicas.all) {
      while ((await replica.standing()) === 'gone-back') {
        const { code, stdout, stderr } = await replica.server.holdfast('state', 'recover');
        if (code !== 0 && Date.now() > endsAt) throw new Error(`${stdout}${stderr}`);
        await pause(250);
      }
    }
  }

  /** Where nothing was changed while the standby lagged, nothing is lost. */
  async #untilAnyHasGoneBack(endsAt: number): Promise<void> {
    while (Date.now() < endsAt) {
      const standings = await Promise.all(this.#replicas.all.map((each) => each.standing()));
      if (standings.includes('gone-back')) return;
      if (standings.every((standing) => standing === 'in-step')) return;
      await pause(50);
    }
  }

  async #administer(): Promise<void> {
    while (this.#isAdministering) {
      const [replica] = this.#replicas.all.filter(({ isRunning }) => isRunning);
      // Refused, or of unknown outcome: what counts is what was acknowledged.
      if (replica !== undefined) await this.#create(replica).catch(() => undefined);
      await pause(100);
    }
  }

  async #create(replica: Replica): Promise<string> {
    this.#made += 1;
    const id = `key-${this.#made}`;
    await replica.createKey(id);
    this.#acknowledged.add(id);
    return id;
  }

  /** Waits until every replica makes a key. */
  async #changesGoOn(): Promise<void> {
    const endsAt = Date.now() + AGAIN_MS;
    for (const replica of this.#replicas.all) {
      for (;;) {
        const refusal = await this.#create(replica).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refusal === undefined) break;
        if (Date.now() > endsAt) throw new Error('no change is made', { cause: refusal });
        // A replica may find out late that what it alone knows is lost.
        if ((await replica.standing()) === 'gone-back') {
          await replica.server.holdfast('state', 'recover');
        }
        await pause(250);
      }
    }
  }

  /** Compares what each replica knows with what was acknowledged, once it has had time for it. */
  async #compare(): Promise<void> {
    const acknowledged = [...this.#acknowledged];
    for (const replica of this.#replicas.all) {
      const endsAt = Date.now() + MISSING_MS;
      let missing = acknowledged;
      while (missing.length > 0 && Date.now() < endsAt) {
        const keys = await replica.keys();
        missing = acknowledged.filter((id) => !keys.has(id));
      }
      for (const id of missing) this.#lost.add(`${id} at ${replica.name}`);
    }
    // Every replica has its first block, so each must use it from now on, whatever fails.
    const known = this.#choose(this.#settled);
    this.#settled = acknowledged;
    if (!this.#used.includes(known)) this.#used.push(known);
    if (this.#used.length > USED) this.#used.splice(1, 1);
  }

  #choose<T>(from: readonly T[]): T {
    const chosen = from[Math.floor(this.#random() * from.length)];
    if (chosen === undefined) throw new Error('there is nothing to choose from');
    return chosen;
  }
}
