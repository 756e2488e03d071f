import type { KeyManager } from '../../key-managers/key-manager.js';
import type { Capabilities } from '../../key-managers/capabilities.js';
import type { Tell } from '../../notifications/events.js';
import type { Clock } from '../../shared/clock.js';
import type { RandomBytes } from '../../shared/randomness.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import type { Certificates } from '../certificates.js';
import type { KeyRecords, Recorded } from '../key-records.js';
import type { State } from '../../state/state.js';
import type { Intent, KeyRecord } from '../record.js';
import type { StuckAct } from './stuck-acts.js';

/** The parts that acts on the keys of one key manager are handed. */
export interface LifecyclePorts {
  readonly keyManager: Pick<KeyManager, 'name' | 'administration' | 'describeKeyAnew' | 'encrypt'>;
  readonly capabilities: Capabilities;
  /** True where nobody but Holdfast has the keys: then none has to be adopted. */
  readonly ownsKeys: boolean;
  /**
   * False where replicas share the key manager and not the state: then nobody could keep two of
   * them from one act.
   */
  readonly actsAreSafe: boolean;
  readonly records: KeyRecords;
  readonly state: Pick<State, 'isInStep' | 'standing'>;
  /** The id of this replica among the leases of the state. */
  readonly replica: string;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: OperatorLog;
  readonly events: Tell;
  /** Resolves when every live replica has applied a revision of the state, or rejects. */
  settled(revision: number): Promise<void>;
  /** The measured running time of the state store, in ms: waiting needs it beside the date. */
  ranMs(): number;
  readonly certificates: Certificates;
}

/** The part of an intent that an act says; the rest is who, when and on which replica. */
export type PlannedIntent = Omit<Intent, 'replica' | 'begun'>;

/** A record whose act was begun. */
export type BegunRecord = KeyRecord & { readonly intent: Intent };

/**
 * Does at the key manager what an intent says. It is called again where nobody knows how the last
 * call ended, so it begins by looking at what is done already.
 *
 * @returns the record as it is afterwards, without the intent
 * @throws KeyManagerError
 */
export type CarryOut = (ports: LifecyclePorts, record: BegunRecord) => Promise<KeyRecord>;

/** The acts on the keys of one key manager. */
export interface KeyActs {
  readonly ports: LifecyclePorts;
  /** The acts that were begun and could not be finished so far, one sentence each. */
  readonly unfinished: readonly string[];
  /** The reason why the act on a key is not finished; undefined where this replica knows none. */
  stuckActOf(record: KeyRecord): StuckAct | undefined;
  /**
   * Does an act on a key from beginning to end.
   *
   * @param record the key's record; of revision 0 for a key without one
   * @param begin the first try, where it takes more than the intent says; later ones are by the
   *   intent alone
   * @throws LifecycleError `conflict` where somebody else changes the key, `unfinished` where
   *   nobody can tell now how it ended; or KeyManagerError, after which nothing is changed
   */
  perform(
    record: Recorded<KeyRecord>,
    planned: PlannedIntent,
    by: string,
    begin?: CarryOut,
  ): Promise<Recorded<KeyRecord>>;
}
