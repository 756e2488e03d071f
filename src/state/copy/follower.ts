import { StateError } from '../errors.js';
import {
  type Changes,
  type HistoryMark,
  LEASE_MS,
  type LeaseRenewal,
  STATE_FORMAT,
  type StateStore,
} from '../store.js';
import type { CopyPorts } from './copy-ports.js';
import type { LeaseTable } from './lease-table.js';
import { SharedQuestion } from './shared-question.js';
import type { StandingTable } from './standing-table.js';

/** Time between two questions to a store that is shared. */
const POLL_MS = 100;
/** Time from one renewal of the lease to the next. */
const RENEWAL_MS = LEASE_MS / 4;
const REPLICA_BYTES = 16;
/** A store without a past. */
const NO_TOKEN = '0'.repeat(32);

/** The place of a copy that has seen nothing of a store yet. */
export function beginningOf(storeId: string): HistoryMark {
  return { storeId, revision: 0, token: NO_TOKEN };
}

/** The parts that a follower is handed, and those that it tells. */
export interface FollowerPorts {
  readonly ports: CopyPorts;
  readonly leases: LeaseTable;
  readonly standing: StandingTable;
  readonly replica: string;
  /** Takes over changes; called before the place is raised. */
  readonly onChanges: (changes: Changes) => void;
  /** Called when a round of questions is over, whatever came of it. */
  readonly onRound: () => Promise<void>;
}

/** Makes the id of this process among the replicas. */
export function newReplicaId({ randomBytes }: Pick<CopyPorts, 'randomBytes'>): string {
  return randomBytes(REPLICA_BYTES).toString('hex');
}

/**
 * The connection of a copy to its store: asks for what is newer, compares the store's history with
 * what this replica knows of it, and renews the lease.
 */
export class Follower {
  readonly #follower: FollowerPorts;
  readonly #question: SharedQuestion;
  #store: StateStore | undefined;
  #mark: HistoryMark;
  #storeFormat: number;
  #renewed: { readonly at: number; readonly applied: number } | undefined;
  /** The token of the lost place that the store was told of. */
  #toldOf: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #isClosed = false;

  /**
   * @param store undefined where it could not be opened: then it is tried again
   * @param mark the place up to which the copy knows the store's history
   */
  constructor(
    follower: FollowerPorts,
    store: StateStore | undefined,
    mark: HistoryMark,
    storeFormat: number,
  ) {
    this.#follower = follower;
    this.#store = store;
    this.#mark = mark;
    this.#storeFormat = storeFormat;
    this.#question = new SharedQuestion(() => this.#ask());
  }

  get mark(): HistoryMark {
    return this.#mark;
  }

  get storeFormat(): number {
    return this.#storeFormat;
  }

  get store(): StateStore | undefined {
    return this.#store;
  }

  /** Asks for what is newer, now. @throws StateError */
  ask(): Promise<void> {
    return this.#question.anew();
  }

  /** Does something with the store that changes it. @throws StateError */
  async change<T>(work: (store: StateStore) => Promise<T>): Promise<T> {
    const { standing } = this.#follower;
    if (standing.goneBack !== undefined) throw new StateError('gone-back', standing.goneBack);
    if (this.#store === undefined) {
      throw new StateError('unavailable', 'the state store has not been reached since the start');
    }
    try {
      return await work(this.#store);
    } catch (error) {
      this.#noteGoneBack(error);
      throw error;
    }
  }

  /** Renews the lease. @throws StateError */
  async renew(): Promise<void> {
    const { ports, leases, replica, standing } = this.#follower;
    const store = this.#store;
    if (store === undefined) return;
    const { replicaName: name, version, clock } = ports;
    const at = clock.monotonic();
    const applied = this.#mark.revision;
    const renewal: LeaseRenewal = { replica, name, version, format: STATE_FORMAT, applied };
    try {
      await store.renewLease(renewal);
    } catch (error) {
      this.#noteGoneBack(error);
      throw error;
    }
    this.#renewed = { at, applied };
    leases.renewed(at);
    standing.believed();
  }

  /** Begins to ask all the time. */
  start(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#runRound().finally(() => {
        this.start();
      });
    }, POLL_MS);
  }

  /** Stops asking, ends the lease and closes the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#round;
    await this.#question.settle();
    const { replica, ports } = this.#follower;
    if (this.#store?.isShared === true && this.#renewed !== undefined) {
      await this.#store.endLease(replica).catch((error: unknown) => {
        ports.log.warn({ err: error }, 'the lease could not be ended; it ends by itself');
      });
    }
    await this.#store?.close();
  }

  /** Keeps to the place in a history that the store does not know, until it is recovered. */
  wentBackFrom(followed: HistoryMark, lost: string): void {
    this.#mark = followed;
    this.#follower.standing.wentBack(lost);
  }

  /** Forgets the place in the history: the next question is for everything. */
  beginAnew(storeId: string): void {
    this.#mark = beginningOf(storeId);
  }

  async #runRound(): Promise<void> {
    const { standing, ports, onRound } = this.#follower;
    const wasFailing = standing.isFailing;
    const hadGoneBack = standing.goneBack !== undefined;
    try {
      await this.ask();
      if (this.#isRenewalDue) await this.renew();
      if (wasFailing) ports.log.info({}, 'the state store answers again');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      standing.failed(message);
      if (standing.goneBack !== undefined) await this.#withdraw();
      if (!wasFailing && !hadGoneBack) {
        ports.log.error({ err: error }, 'the state store cannot be followed');
      }
    }
    await onRound();
  }

  /**
   * Ends the lease of a replica that the store has lost changes of: it has no say in what is
   * settled. That is a change, and so the store finds out that commits of this replica are lost,
   * and lets no other replica change what this one still knows better.
   */
  async #withdraw(): Promise<void> {
    if (this.#renewed === undefined) return;
    try {
      await this.#store?.endLease(this.#follower.replica);
      this.#renewed = undefined;
    } catch (error) {
      if (error instanceof StateError && error.code === 'gone-back') this.#renewed = undefined;
    }
  }

  get #isRenewalDue(): boolean {
    const { clock } = this.#follower.ports;
    if (this.#renewed === undefined || this.#follower.standing.goneBack !== undefined) return true;
    const { at, applied } = this.#renewed;
    return applied !== this.#mark.revision || clock.monotonic() - at >= RENEWAL_MS;
  }

  async #ask(): Promise<void> {
    const { ports, leases, standing, onChanges } = this.#follower;
    this.#store ??= await ports.open();
    const askedAt = ports.clock.monotonic();
    const known = this.#mark;
    const changes = await this.#store.changesSince(known.revision);
    await this.#assertSameHistory(known, changes);
    onChanges(changes);
    this.#mark = changes.mark;
    this.#storeFormat = changes.format;
    leases.told(changes.leases, changes.mark.revision);
    standing.confirmed(askedAt);
  }

  async #assertSameHistory(
    known: HistoryMark,
    { mark, tokenThen, format }: Changes,
  ): Promise<void> {
    if (format > STATE_FORMAT) {
      throw new StateError(
        'newer-version',
        `the state store has the format ${format}, and this version of Holdfast knows ` +
          `${STATE_FORMAT}; upgrade this replica`,
      );
    }
    const lost = lossOf(known, mark, tokenThen);
    if (lost === undefined) return;
    this.#follower.standing.wentBack(lost);
    await this.#tellOthers(known);
    throw new StateError('gone-back', lost);
  }

  /** So that the others stop, too, who may not know that place. Once is enough. */
  async #tellOthers(lost: HistoryMark): Promise<void> {
    if (this.#toldOf === lost.token) return;
    this.#toldOf = lost.token;
    try {
      await this.#store?.noteLoss?.(lost);
    } catch (error) {
      this.#toldOf = undefined; // The next round tries again.
      this.#follower.ports.log.warn({ err: error }, 'the state store cannot be told of its loss');
    }
  }

  #noteGoneBack(error: unknown): void {
    if (error instanceof StateError && error.code === 'gone-back') {
      this.#follower.standing.wentBack(error.message);
    }
  }
}

/**
 * Compares what a replica knows of the store's history with what the store knows.
 *
 * @returns what is wrong, for operators; undefined where the store is where it should be
 */
export function lossOf(
  known: HistoryMark,
  mark: HistoryMark,
  tokenThen: string | undefined,
): string | undefined {
  if (mark.storeId !== known.storeId) {
    return `this is the state store ${mark.storeId}, and this replica has followed ${known.storeId}`;
  }
  if (known.revision === 0 || tokenThen === known.token) return undefined;
  return (
    `this replica knows its revision ${known.revision}, and the store ` +
    (mark.revision < known.revision ? `is at ${mark.revision}` : 'has another one of that number') +
    '; run holdfast state recover'
  );
}
