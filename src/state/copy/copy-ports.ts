import type { AtomicWrite } from '../../durable/atomic-write.js';
import type { MasterKey } from '../../sealing/master-key.js';
import type { Clock } from '../../shared/clock.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import type { RandomBytes } from '../../shared/randomness.js';
import type { StateStore } from '../store.js';

/** The terms on which a replica goes on without its store. */
export interface CopyTerms {
  /** The key that seals the last copy; without it, a start needs the store. */
  readonly lastCopyKey?: MasterKey | undefined;
  /** Age of the copy from which the replica serves no more, in milliseconds. */
  readonly maxStalenessMs: number;
  /** `refuse`: the replica serves no more as soon as its lease has ended. */
  readonly whenAlone: 'continue' | 'refuse';
}

/** The parts that the copy of the state is handed. */
export interface CopyPorts {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: OperatorLog;
  /** Opens the store. Called again while it cannot be reached. @throws StateError */
  readonly open: () => Promise<StateStore>;
  /** The replica's own folder, of mode 0700, where it notes how far it has followed the store. */
  readonly directory: string;
  readonly writeFile: AtomicWrite;
  /** The replica's name for people. */
  readonly replicaName: string;
  /** The version of the program. */
  readonly version: string;
  readonly terms: CopyTerms;
  /** True for a look at the state: no lease is taken, and nothing is written or followed. */
  readonly readOnly?: boolean;
  /** True if a store may take the place of the one that this replica has followed. */
  readonly acceptsNewStore: boolean;
}
