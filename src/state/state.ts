import type { Deadline } from '../shared/deadline.js';
import type { CollectionDefinition, StateDocument } from './collection.js';
import type { BlockRequest, CounterBlock, DrawnBlock, Lease } from './store.js';
import type { Uses, UsesDefinition } from './uses.js';

/** The state of Holdfast as the rest of the program uses it: reading is from memory. */
export interface State {
  readonly storeId: string;
  /** The id of this process among the replicas: another one at every start. */
  readonly replica: string;
  /** The name of the store's place for people. */
  readonly place: string;
  /** True where other replicas change it, too. */
  readonly isShared: boolean;
  /** Opens a collection, which is in memory and followed. Each is opened once. */
  collection<Value, Previous = never>(
    definition: CollectionDefinition<Value, Previous>,
  ): Collection<Value>;
  readonly counters: StateCounters;
  /** Opens one kind of uses. Each is opened once. */
  uses<Value>(definition: UsesDefinition<Value>): Uses<Value>;
  /**
   * Fetches what is newer, now. Callers at the same time share one question.
   *
   * @throws StateError `unavailable`, also when the deadline passes, and others of the store
   */
  refresh(deadline: Deadline): Promise<void>;
  /**
   * Tells whether every live replica has applied this revision. The leases of the others have
   * ended, so that they refuse what they do not know with InternalException.
   */
  isSettled(revision: number): boolean;
  /** False once the copy is too old to serve by. Cheap: asked at every request. */
  readonly isServing: boolean;
  /**
   * True after the process was suspended, until the store has been asked: others may have gone on
   * without it. Cheap, too.
   */
  readonly hasReturned: boolean;
  /**
   * True from a start without the store until it has been asked: nobody knows what others have
   * destroyed since this replica ended. Cheap, too.
   */
  readonly isFromCopy: boolean;
  /** True while the store can be asked, and this replica has its newest state. */
  readonly isInStep: boolean;
  /** The standing of this replica and its copy. */
  readonly standing: Standing;
  /**
   * Writes the last copy on this replica's disk, where there is one, as the state is now: nothing
   * is left there of what was removed.
   *
   * @throws StateError `unavailable` where it cannot be written
   */
  rewriteLastCopy(): Promise<void>;
  /** Calls back when `isSettled` or `standing` may have changed. @returns the end of it */
  onStanding(listener: () => void): () => void;
}

/**
 * The kinds of standing. `in-step`: the replica has a lease and the store's newest state. `alone`:
 * the store cannot be asked, and the replica goes on with its copy. `from-copy`: it was started
 * from its last copy on disk, and does not encrypt. `gone-back`: the store has lost changes.
 * `stale`: its copy is too old to serve.
 */
export const STANDINGS = ['in-step', 'alone', 'from-copy', 'gone-back', 'stale'] as const;

/** The standing of a replica towards the store. */
export interface Standing {
  readonly kind: (typeof STANDINGS)[number];
  /** The revision up to which every change is applied. */
  readonly applied: number;
  /** Age of the copy in milliseconds: since the store last confirmed it; 0 if it is not shared. */
  readonly ageMs: number;
  readonly leases: readonly Lease[];
  /** One sentence each, for health and operators; empty where all is well. */
  readonly problems: readonly string[];
  /** Sentences about what is in the store and counts for nothing here. */
  readonly leftAside: readonly string[];
}

/** A collection in memory. */
export interface Collection<Value> {
  /** @returns undefined for a document that never was, as far as this replica knows */
  get(id: string): StateDocument<Value> | undefined;
  /** Every document in the order of ids, tombstones included. */
  list(): readonly StateDocument<Value>[];
  /**
   * Makes a document (`replaces: 0`), or replaces it at a revision. What it resolves to is durable
   * and in force on this replica.
   *
   * @throws StateError
   */
  put(id: string, value: Value, replaces: number): Promise<StateDocument<Value>>;
  /** Removes a document for good. @returns its tombstone, which stays @throws StateError */
  remove(id: string, replaces: number): Promise<StateDocument<Value>>;
  /** Calls back for every change of a document, this replica's own too, in order of revisions. */
  watch(listener: (document: StateDocument<Value>) => void): () => void;
}

/** Counters that hand out blocks of numbers, as {@link StateStore} has them. */
export interface StateCounters {
  begin(counter: string, start: number): Promise<void>;
  draw(request: BlockRequest): Promise<CounterBlock | undefined>;
  drawMany(requests: readonly BlockRequest[]): Promise<readonly DrawnBlock[]>;
  read(prefix: string): Promise<ReadonlyMap<string, number>>;
  raise(counter: string, by: number): Promise<void>;
  forget(prefix: string): Promise<void>;
}
