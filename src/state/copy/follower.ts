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
import { beginningOf, lossOf } from './history.js';
import type { LeaseTable } from './lease-table.js';
import { SharedQuestion } from './shared-question.js';
import type { StandingTable } from './standing-table.js';
import { messageOf } from '../../shared/reason-of.js';

/** Time between two questions to a store that is shared. */
const POLL_MS = 100;
/** Time from one renewal of the lease to the next. */
const RENEWAL_MS = LEASE_MS / 4;
const REPLICA_BYTES = 16;
const NOT_FOLLOWED = 'the state store cannot be followed';
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
  /** A place up to which this replica has followed the store, though its copy is older. */
  readonly followed?: HistoryMark | undefined;
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
  /** Compared with the store as soon as that answers. */
  #followed: HistoryMark | undefined;

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
    this.#followed = follower.followed;
    this.#question = new SharedQuestion(() => follower.standing.during(() => this.#ask()));
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

  /** Takes a lease, and asks for what was settled before others knew of it. @throws StateError */
  async join(): Promise<void> {
    await this.ask();
    await this.renew();
    await this.ask();
  }

  /** The same; in a store that has gone back the replica has no lease, and can recover it. */
  async joinUnlessLost(): Promise<void> {
    try {
      await this.join();
    } catch (error) {
      if (this.#follower.standing.goneBack === undefined) throw error;
      this.#follower.ports.log.error({ err: error }, 'the state store has gone back');
    }
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
    this.#follower.standing.close();
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
      const message = messageOf(error);
      standing.failed(message);
      if (!wasFailing && !hadGoneBack) ports.log.error({ err: error }, NOT_FOLLOWED);
    }
    await onRound();
  }

  get #isRenewalDue(): boolean {
    const { clock } = this.#follower.ports;
    if (this.#renewed === undefined || this.#follower.standing.goneBack !== undefined) return true;
    const { at, applied } = this.#renewed;
    return applied !== this.#mark.revision || clock.monotonic() - at >= RENEWAL_MS;
  }

  async #ask(): Promise<void> {
    const { ports, leases, standing } = this.#follower;
    this.#store ??= await ports.open();
    await this.#compareFollowed(this.#store);
    const askedAt = ports.clock.monotonic();
    const changes = await this.#readAfter(this.#store, this.#mark);
    this.#mark = changes.mark;
    this.#storeFormat = changes.format;
    leases.told(changes.leases, changes.mark.revision, askedAt);
    standing.confirmed(askedAt);
  }

  /** A place that the store has lost is kept to from then on: it is what has to be recovered. */
  async #compareFollowed(store: StateStore): Promise<void> {
    const followed = this.#followed;
    if (followed === undefined) return;
    const { mark, tokenThen } = await store.changesSince(followed.revision);
    if (lossOf(followed, mark, tokenThen) !== undefined) this.#mark = followed;
    this.#followed = undefined;
  }

  /** Takes over all that is newer than a place. @returns the last answer of the store */
  async #readAfter(store: StateStore, known: HistoryMark): Promise<Changes> {
    let place = known;
    let after: number | undefined;
    for (;;) {
      const changes = await store.changesSince(place.revision, after);
      await this.#assertSameHistory(place, changes);
      this.#follower.onChanges(changes);
      if (changes.next === undefined) return changes;
      // What changes meanwhile comes at the end: its revision is above all others. The place is the
      // one that the answer was read at: a store that goes back between two answers is found out.
      place = changes.mark;
      after = changes.next;
    }
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
    await this.#tellOfLoss(known);
    throw new StateError('gone-back', lost);
  }

  /** So that the others stop, too, who may not know that place. Once is enough. */
  async #tellOfLoss(lost: HistoryMark): Promise<void> {
    if (this.#toldOf === lost.token) return;
    const { replica, leases, ports } = this.#follower;
    try {
      await this.#store?.noteLoss?.(lost, replica);
      this.#toldOf = lost.token;
      this.#renewed = undefined;
      leases.ended();
    } catch (error) {
      // The next round tries again.
      ports.log.warn({ err: error }, 'the state store cannot be told of its loss');
    }
  }

  #noteGoneBack(error: unknown): void {
    if (error instanceof StateError && error.code === 'gone-back') {
      this.#follower.standing.wentBack(error.message);
    }
  }
}
