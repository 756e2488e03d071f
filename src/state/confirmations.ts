import type { Clock } from '../shared/clock.js';
import { Deadline } from '../shared/deadline.js';
import { StateError } from './errors.js';
import type { State } from './state.js';
import type { Lease } from './store.js';
import { untilSettled } from './until-settled.js';

/** The replicas that have a change of the state, and those that may not, by their names. */
export interface Confirmation {
  /** The replicas on which it is certainly in force, this one first. */
  readonly confirmed: readonly string[];
  /** The other replicas that have a lease. */
  readonly unconfirmed: readonly string[];
}

/** The parts that confirmations come from. */
export interface ConfirmationsPorts {
  readonly state: Pick<State, 'isSettled' | 'onStanding' | 'replica' | 'standing'>;
  readonly clock: Clock;
  /** The name of this replica for people. */
  readonly replicaName: string;
}

/** The time for which a change waits for other replicas to confirm it. */
const CONFIRMATION_MS = 2_000;

/** Finds out on which replicas a change is in force, for whoever made it. */
export class Confirmations {
  readonly #ports: ConfirmationsPorts;

  constructor(ports: ConfirmationsPorts) {
    this.#ports = ports;
  }

  /**
   * Waits until every replica with a lease has applied a revision, for two seconds at most.
   *
   * @param revision of a change that this replica has applied
   */
  async of(revision: number): Promise<Confirmation> {
    const { state, clock } = this.#ports;
    const late = () => new StateError('unavailable', 'not every replica has confirmed it');
    const deadline = Deadline.after(clock, CONFIRMATION_MS);
    try {
      await untilSettled(state, () => state.isSettled(revision), deadline, late);
    } catch (error) {
      // Those that have not are named to whoever asked.
      if (!(error instanceof StateError)) throw error;
    }
    return this.#sorted(({ applied }) => applied >= revision);
  }

  /** The confirmation of what this replica alone has. */
  get ofThisReplica(): Confirmation {
    return this.#sorted(() => false);
  }

  #sorted(hasIt: (lease: Lease) => boolean): Confirmation {
    const { state, replicaName } = this.#ports;
    const others = state.standing.leases.filter(({ replica }) => replica !== state.replica);
    const named = (leases: readonly Lease[]) => leases.map(({ name }) => name);
    return {
      confirmed: [replicaName, ...named(others.filter(hasIt))],
      unconfirmed: named(others.filter((lease) => !hasIt(lease))),
    };
  }
}
