import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import { DAY_MS } from '../../shared/durations.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import { StateError } from '../../state/errors.js';
import type { Collection, State } from '../../state/state.js';
import type { Uses } from '../../state/uses.js';
import {
  keptSince,
  REPORTERS_ID,
  type Reporters,
  SINCE_ID,
  type UseShard,
  useReporters,
} from './use-documents.js';

/** The parts that the use of keys is kept with. */
export interface KeyUsePorts {
  readonly state: Pick<
    State,
    'collection' | 'uses' | 'replica' | 'isShared' | 'isInStep' | 'refresh' | 'standing'
  >;
  readonly clock: Clock;
  readonly log: OperatorLog;
  /** The replica's name for people. */
  readonly replicaName: string;
}

/** The time for which replicas that do not run any more are remembered. */
const REMEMBERED_MS = 91 * DAY_MS;
/** The most names that are remembered: the latest. */
const MAX_NAMES = 1_000;
const TRIES_TO_END = 3;
const REFRESH_WITHIN_MS = 2_000;

/** The time since when every use is known. */
export interface Completeness {
  /** The time since which every use is known, in ms since 1970; undefined while one may not be. */
  readonly sinceMs: number | undefined;
  /** The reasons why not, in words. */
  readonly gaps: readonly string[];
}

/**
 * The replicas that tell of the use of keys, and since when nothing is missing. A replica that
 * ended without having told all may have used a version in its last minute: from then on counting
 * begins anew.
 */
export class Reporting {
  readonly #ports: KeyUsePorts;
  readonly #collection: Collection<Reporters>;
  readonly #uses: Pick<Uses<UseShard>, 'problems'>;
  readonly #keptSince: Uses<{ readonly sinceMs: number }>;
  readonly #startedMs: number;
  /** Replicas with a lease that had not said at the last telling that they tell. */
  #silent: ReadonlySet<string> = new Set();

  constructor(ports: KeyUsePorts, uses: Pick<Uses<UseShard>, 'problems'>) {
    this.#ports = ports;
    this.#collection = ports.state.collection(useReporters);
    this.#uses = uses;
    this.#keptSince = ports.state.uses(keptSince);
    this.#startedMs = ports.clock.now();
  }

  /** Since when every use is known, by what this replica knows of the others. */
  get completeness(): Completeness {
    const { sinceMs, replicas } = this.#reporters;
    const { state } = this.#ports;
    const gaps = this.#living
      .filter(({ replica }) => replicas[replica] === undefined)
      .map(({ name }) => `replica ${name} does not tell of the use of keys`);
    gaps.push(...this.#uses.problems, ...this.#keptSince.problems);
    if (!state.isInStep) gaps.push('this replica is not in step with the state store');
    const now = this.#ports.clock.now();
    const lost = Object.entries(replicas)
      .filter(([replica]) => this.#isDead(replica))
      .map(([, { lostAtMs = now }]) => lostAtMs);
    const kept = this.#keptSince.get(SINCE_ID)?.sinceMs ?? now;
    return { sinceMs: gaps.length > 0 ? undefined : Math.max(sinceMs, kept, ...lost), gaps };
  }

  /**
   * The names of other replicas that have told since a time, those too that do not run any more.
   *
   * @param sinceMs in ms since 1970, at most 90 days ago
   */
  othersSince(sinceMs: number): readonly string[] {
    const { state, replicaName } = this.#ports;
    if (!state.isShared) return [];
    const told = Object.entries(this.#reporters.names ?? {});
    const names = told.flatMap(([name, atMs]) => (atMs + DAY_MS >= sinceMs ? [name] : []));
    return names.filter((name) => name !== replicaName).sort();
  }

  /**
   * Says that this replica tells, and notes those that do not any more, or not yet.
   *
   * @throws StateError
   */
  async renew(): Promise<void> {
    const before = this.#reporters;
    const now = this.#ports.clock.now();
    const { state, replicaName: name } = this.#ports;
    const replicas = { ...before.replicas };
    replicas[state.replica] ??= { name, sinceMs: this.#startedMs };
    for (const [replica, reporter] of Object.entries(replicas)) {
      if (this.#isDead(replica)) replicas[replica] = { lostAtMs: now, ...reporter };
    }
    const silent = this.#living.filter(({ replica }) => replicas[replica] === undefined);
    // One that has only just started says so in a moment.
    const isSilent = silent.some(({ replica }) => this.#silent.has(replica));
    this.#silent = new Set(silent.map(({ replica }) => replica));
    const names = withName(before.names ?? {}, name, now);
    const sinceMs = isSilent ? now : before.sinceMs;
    const after = foldLost({ ...before, replicas, names, sinceMs });
    if (!isDeepStrictEqual(after, this.#reporters)) await this.#put(after);
  }

  /** Says since when uses are kept, where nothing says so. @throws StateError */
  async tellSince(): Promise<void> {
    await this.#keptSince.tell();
    if (this.#keptSince.get(SINCE_ID) !== undefined) return;
    this.#keptSince.add(SINCE_ID, { sinceMs: this.#ports.clock.now() });
    await this.#keptSince.tell();
  }

  /**
   * Says that this replica has told all; again where another one writes at the same time, because
   * a replica that has not said so counts as lost.
   *
   * @throws StateError
   */
  async end(): Promise<void> {
    for (let triesLeft = TRIES_TO_END - 1; ; triesLeft -= 1) {
      try {
        await this.#sayEnded();
        return;
      } catch (error) {
        const isOvertaken = error instanceof StateError && error.code === 'conflict';
        if (!isOvertaken || triesLeft === 0) throw error;
        const { state, clock } = this.#ports;
        await state.refresh(Deadline.after(clock, REFRESH_WITHIN_MS));
      }
    }
  }

  async #sayEnded(): Promise<void> {
    const { [this.#ports.state.replica]: own, ...replicas } = this.#reporters.replicas;
    if (own !== undefined) await this.#put({ ...this.#reporters, replicas });
  }

  get #living() {
    const { state } = this.#ports;
    return state.isShared ? state.standing.leases : [];
  }

  #isDead(replica: string): boolean {
    if (replica === this.#ports.state.replica) return false;
    return this.#living.every((lease) => lease.replica !== replica);
  }

  get #reporters(): Reporters {
    const document = this.#collection.get(REPORTERS_ID);
    if (document?.kind === 'value') return document.value;
    return { sinceMs: this.#startedMs, replicas: {} };
  }

  async #put(reporters: Reporters): Promise<void> {
    const revision = this.#collection.get(REPORTERS_ID)?.revision ?? 0;
    await this.#collection.put(REPORTERS_ID, reporters, revision);
  }
}

/** Puts replicas that were lost into the one time that counts, so that the list stays short. */
function foldLost({ replicas, sinceMs, ...rest }: Reporters): Reporters {
  const all = Object.entries(replicas);
  const lost = all.flatMap(([, { lostAtMs }]) => (lostAtMs === undefined ? [] : [lostAtMs]));
  return {
    ...rest,
    sinceMs: Math.max(sinceMs, ...lost),
    replicas: Object.fromEntries(all.filter(([, { lostAtMs }]) => lostAtMs === undefined)),
  };
}

/** Notes that a replica tells: once a day, so that the document does not change each minute. */
function withName(
  names: Readonly<Record<string, number>>,
  own: string,
  now: number,
): Record<string, number> {
  const known = Object.entries(names).filter(([, atMs]) => now - atMs < REMEMBERED_MS);
  const ownAtMs = known.find(([name]) => name === own)?.[1];
  const isFresh = ownAtMs !== undefined && now - ownAtMs < DAY_MS;
  const others = known.filter(([name]) => name !== own);
  const latest = others.sort(([, a], [, b]) => b - a).slice(0, MAX_NAMES - 1);
  return Object.fromEntries(
    [...latest, [own, isFresh ? ownAtMs : now] as const].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
