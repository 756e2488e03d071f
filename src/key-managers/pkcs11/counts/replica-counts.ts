import type { State } from '../../../state/state.js';
import { type AdoptedCounters, KeyManagerError } from '../../backend.js';
import type { CountingLimits } from '../../counting/counting-limits.js';
import { RetriedTask } from '../../counting/retried-task.js';
import { keyManagerCodeOf } from '../../counting/state-failure.js';
import type { BackendPorts } from '../../definition.js';
import { readMark } from './adopted-folder.js';
import { Adoption } from './adoption.js';
import type { CountSource } from './count-source.js';
import { type CountsFolder, FolderCounts } from './folder-counts.js';
import { StoreCounts } from './store-counts.js';
import { messageOf } from '../../../shared/reason-of.js';

/** Ports of the counts of one replica. */
export interface CountingPorts {
  /** The name of the key manager. */
  readonly keyManager: string;
  /** The folder of the counter files, used by this replica alone. */
  readonly folder: CountsFolder;
  readonly ports: BackendPorts;
  /** The limits of this replica's own share. */
  readonly limits: CountingLimits;
  /** The number of replicas by which the limit is shared. */
  readonly replicas: number;
  /** Computes the share of one of so many replicas. */
  readonly shareOf: (replicas: number) => number;
}

/** A state store that replicas share, and how this replica's folder is taken over into it. */
interface SharedCounts {
  readonly state: State;
  readonly store: StoreCounts;
  readonly adoption: Adoption;
}

/**
 * The counts of one replica: in its own folder, or in the state store once that has taken over the
 * folder.
 */
export class ReplicaCounts {
  readonly #keyManager: string;
  readonly #folder: FolderCounts;
  readonly #shared: SharedCounts | undefined;
  readonly #adopting: RetriedTask;

  private constructor(
    { keyManager, ports }: CountingPorts,
    folder: FolderCounts,
    shared: SharedCounts | undefined,
  ) {
    this.#keyManager = keyManager;
    this.#folder = folder;
    this.#shared = shared;
    this.#adopting = new RetriedTask(() => this.#adopt(), ports.clock);
  }

  /**
   * Finds out where this replica counts.
   *
   * @throws KeyManagerError `misconfigured` for a folder that another state store has taken over
   */
  static async open(countingPorts: CountingPorts): Promise<ReplicaCounts> {
    const { keyManager, folder, ports, limits, replicas, shareOf } = countingPorts;
    const { state, clock } = ports;
    const folderCounts = new FolderCounts(folder, limits, replicas);
    const mark = await readMark(folder.directory, keyManager, state);
    if (state?.isShared !== true) return new ReplicaCounts(countingPorts, folderCounts, undefined);
    const store = new StoreCounts({ keyManager, state, clock, shareOf });
    const adoptionPorts = { keyManager, folder, folderCounts, storeCounts: store, state, ports };
    const adoption = new Adoption({ ...adoptionPorts, replicas }, mark);
    return new ReplicaCounts(countingPorts, folderCounts, { state, store, adoption });
  }

  /** The source of blocks as things are now. */
  get source(): CountSource {
    if (this.#shared === undefined) return this.#folder;
    const { store, adoption } = this.#shared;
    if (adoption.isDone) return store;
    if (adoption.isBegun) return this.#after(() => this.#adopting.run());
    return adoption.isWhole ? this.#after(() => this.#takeUpIfEmpty()) : this.#folder;
  }

  /**
   * Adds what this replica's folder has counted to the state store.
   *
   * @throws KeyManagerError `unsupported` without a store that replicas share; others as they come
   */
  async adopt(): Promise<AdoptedCounters> {
    if (this.#shared === undefined) {
      throw new KeyManagerError(
        'unsupported',
        'the state store of this replica is its own, so the counters stay in the folder. ' +
          'See "state" in docs/configuration.md for a store that replicas share.',
      );
    }
    const { adoption } = this.#shared;
    await told(adoption.isDone ? adoption.refresh() : this.#adopting.run());
    return adoption.report;
  }

  /** A source that is the state store's as soon as something has been done first. */
  #after(first: () => Promise<void>): CountSource {
    const shared = this.#shared;
    const { store } = shared ?? {};
    if (store === undefined) return this.#folder;
    return {
      name: store.name,
      isOfAll: false,
      limit: Math.max(store.limit, this.#folder.limit),
      blockSize: (used, elapsedMs) => store.blockSize(used, elapsedMs),
      createdAt: (ref) => store.createdAt(ref),
      read: (ref) => this.#folder.read(ref),
      readAgain: () => Promise.resolve(undefined),
      take: async (ref, known, size) => {
        await first();
        return store.take(ref, known, size);
      },
    };
  }

  async #adopt(): Promise<void> {
    const { adoption } = this.#shared ?? {};
    await adoption?.check();
    // Read before anything is done: a damaged one would be found when the folder counts no more.
    if (adoption?.isBegun === false) {
      await this.#folder.readAll();
      await adoption.begin();
    }
    await adoption?.finish();
  }

  /** A new replica, with nothing to add, counts in the store at once where all others do. */
  async #takeUpIfEmpty(): Promise<void> {
    const counted = await this.#folder.readAll();
    if (counted.length === 0) return this.#adopting.run();
    throw new KeyManagerError(
      'internal',
      'the state store hands out the encryptions of all replicas, and the counters of this one ' +
        `have not been added: run "holdfast state adopt-counters ${this.#keyManager}" here`,
    );
  }
}

/** Tells a failure of the state store in a key manager's words. */
async function told(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof KeyManagerError) throw error;
    const reason = messageOf(error);
    throw new KeyManagerError(
      keyManagerCodeOf(error),
      `the counters have not been added to the state store: ${reason}. Run the command again; ` +
        'until then no new block of encryptions is to be had here if the folder is marked',
      { cause: error },
    );
  }
}
