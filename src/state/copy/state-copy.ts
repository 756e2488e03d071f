import type { Deadline } from '../../shared/deadline.js';
import type { CollectionDefinition } from '../collection.js';
import { StateError } from '../errors.js';
import type { Collection, Standing, State, StateCounters } from '../state.js';
import type {
  Changes,
  DocumentChange,
  DocumentName,
  StateStore,
  StoredDocument,
} from '../store.js';
import type { Uses, UsesDefinition } from '../uses.js';
import { type Beginning, lossSince, openOrLastCopy } from './beginning.js';
import { CollectionCopies } from './collection-copy.js';
import type { CopyPorts } from './copy-ports.js';
import { countersBy } from './counters.js';
import { Follower, newReplicaId } from './follower.js';
import { beginningOf } from './history.js';
import { LeaseTable } from './lease-table.js';
import { MendedRows } from './mended-rows.js';
import { OwnDisk } from './own-disk.js';
import { StandingTable } from './standing-table.js';
import { ToldProblems } from './told-problems.js';
import { UsesCopy } from './uses-copy.js';

/**
 * A replica's copy of the state, in memory. It asks a shared store every 100 ms for what is newer,
 * holds a lease there that says how far it has come, and goes on with what it knows while the store
 * cannot be asked. Nothing that reads from it waits.
 */
export class StateCopy implements State {
  readonly replica: string;
  readonly #ports: CopyPorts;
  readonly #disk: OwnDisk;
  readonly #collections: CollectionCopies;
  readonly #uses: Pick<UsesCopy<unknown>, 'damage'>[] = [];
  /** The newest of the changes that were made here: nobody else makes any in a store of its own. */
  #ownRevision = 0;
  readonly #leases: LeaseTable;
  readonly #standing: StandingTable;
  readonly #follower: Follower;
  readonly #mended: MendedRows;
  readonly #told: ToldProblems;
  /** The store's last sentences about what counts for nothing there. */
  #leftAside: readonly string[] = [];
  readonly #listeners = new Set<() => void>();
  #toldStanding = '';

  private constructor(ports: CopyPorts, disk: OwnDisk, { store, lastCopy, followed }: Beginning) {
    this.replica = newReplicaId(ports);
    this.#ports = ports;
    this.#disk = disk;
    this.#mended = new MendedRows(ports.clock);
    this.#told = new ToldProblems(ports, {
      problems: () => this.#problems,
      leftAside: () => this.standing.leftAside,
    });
    this.#leases = new LeaseTable(this.replica, ports.clock);
    this.#standing = new StandingTable(ports.clock, ports.terms, this.#leases, lastCopy?.savedAt);
    this.#collections = new CollectionCopies({
      put: (change) => this.#put(change),
      storeFormat: () => this.#follower.storeFormat,
    });
    this.#follower = new Follower(
      {
        ports,
        replica: this.replica,
        leases: this.#leases,
        standing: this.#standing,
        onChanges: (changes) => {
          this.#take(changes);
        },
        onRound: () => this.#afterRound(),
        followed,
      },
      store,
      lastCopy?.mark ?? beginningOf(store?.id ?? ''),
      lastCopy?.storeFormat ?? 1,
    );
    for (const document of lastCopy?.documents ?? []) this.#collections.apply(document);
  }

  /**
   * Opens the store and reads all that is in it, or the last copy where that is allowed and the
   * store cannot be reached. A shared store is followed from then on.
   *
   * @throws StateError of the store; `gone-back` for another store than the one that this replica
   *   has followed
   */
  static async open(ports: CopyPorts): Promise<StateCopy> {
    const disk = new OwnDisk(ports);
    const opened = await openOrLastCopy(ports, disk);
    if ('lastCopy' in opened) {
      const copy = new StateCopy(ports, disk, opened);
      copy.#follower.start();
      return copy;
    }
    const { store } = opened;
    try {
      return await StateCopy.#openAt(ports, disk, store);
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  static async #openAt(ports: CopyPorts, disk: OwnDisk, store: StateStore): Promise<StateCopy> {
    const followed = store.isShared ? await disk.readMark() : undefined;
    const copy = new StateCopy(ports, disk, { store });
    await copy.#follower.ask();
    copy.#told.tell();
    if (!store.isShared || ports.readOnly === true) return copy;
    const lost = followed && (await lossSince(followed, store, ports));
    if (followed !== undefined && lost !== undefined) {
      copy.#follower.wentBackFrom(followed, lost);
      ports.log.error({}, `the state store has lost changes: ${lost}`);
    }
    if (copy.#standing.goneBack === undefined) await copy.#follower.joinUnlessLost();
    await copy.#afterRound();
    copy.#follower.start();
    return copy;
  }

  get storeId(): string {
    return this.#follower.mark.storeId;
  }

  get place(): string {
    return this.#follower.store?.place ?? 'the last copy on disk';
  }

  get isShared(): boolean {
    return this.#follower.store?.isShared ?? true;
  }

  get counters(): StateCounters {
    return countersBy((work) => this.#follower.change(work));
  }

  get isServing(): boolean {
    return this.#kind !== 'stale';
  }

  get hasReturned(): boolean {
    return this.isShared && this.#standing.hasReturned;
  }

  get isFromCopy(): boolean {
    return this.isShared && !this.#standing.isConfirmed;
  }

  get isInStep(): boolean {
    return this.#kind === 'in-step';
  }

  get standing(): Standing {
    const { mark } = this.#follower;
    const isAlone = !this.isShared;
    const problems = [...this.#problems, ...this.#disk.problems];
    return {
      kind: this.#kind,
      applied: isAlone ? Math.max(mark.revision, this.#ownRevision) : mark.revision,
      ageMs: isAlone ? 0 : this.#standing.ageMs,
      leases: this.#leases.leases,
      problems: isAlone ? problems : [...this.#standing.problems, ...problems],
      leftAside: [...this.#leftAside, ...this.#collections.leftAside],
    };
  }

  collection<Value, Previous = never>(
    definition: CollectionDefinition<Value, Previous>,
  ): Collection<Value> {
    const collection = this.#collections.open(definition);
    this.#told.tell();
    return collection;
  }

  uses<Value>(definition: UsesDefinition<Value>): Uses<Value> {
    const uses = new UsesCopy(definition, (work) => this.#follower.change(work));
    this.#uses.push(uses);
    return uses;
  }

  async refresh(deadline: Deadline): Promise<void> {
    if (!this.isShared) return;
    await deadline.race(
      this.#follower.ask(),
      () => new StateError('unavailable', 'the state store does not answer in time'),
    );
  }

  isSettled(revision: number): boolean {
    return !this.isShared || revision <= this.#leases.settled;
  }

  async rewriteLastCopy(): Promise<void> {
    if (!this.isShared || this.#ports.readOnly === true) return;
    await this.#keep(true);
    const [problem] = this.#disk.problems;
    if (problem !== undefined) throw new StateError('unavailable', problem);
  }

  onStanding(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * Brings back to a store that has gone back what this replica knows better, and makes every count
   * unknown.
   *
   * @returns the documents that were brought back
   * @throws StateError `conflict` where the store has not gone back; `gone-back` for another store
   */
  async recover(): Promise<readonly DocumentName[]> {
    const { store, mark } = this.#follower;
    if (this.#standing.goneBack === undefined || store === undefined) {
      throw new StateError('conflict', 'the state store has lost nothing that this replica knows');
    }
    const broughtBack = await store.recover(this.#collections.stored(), mark.revision);
    this.#follower.beginAnew(store.id);
    await this.#follower.join();
    await this.#afterRound();
    const fields = { broughtBack: broughtBack.length, revision: this.#follower.mark.revision };
    this.#ports.log.warn(fields, 'the state store is recovered; all counts are unknown');
    return broughtBack;
  }

  /** Ends the lease, writes the last copy and closes the store. */
  async close(): Promise<void> {
    const isKept = this.isShared && this.isInStep && this.#ports.readOnly !== true;
    await this.#follower.close();
    if (isKept) await this.#keep(true);
  }

  get #kind(): Standing['kind'] {
    return this.isShared ? this.#standing.kind : 'in-step';
  }

  async #put(change: DocumentChange): Promise<StoredDocument> {
    try {
      const stored = await this.#follower.change((store) => store.put(change));
      this.#collections.apply(stored);
      this.#ownRevision = Math.max(this.#ownRevision, stored.revision);
      if (this.isShared) await this.#noteOwnChange();
      else this.#told.look();
      return stored;
    } catch (error) {
      const isBehind = error instanceof StateError && error.code === 'conflict';
      // The caller reads what is there now; that it cannot be read is what standing says.
      if (isBehind && this.isShared) await this.#follower.ask().catch(() => undefined);
      throw error;
    }
  }

  /** So that this replica knows after a crash, too, what it has acknowledged. */
  async #noteOwnChange(): Promise<void> {
    try {
      await this.#follower.ask();
      await this.#afterRound();
    } catch (error) {
      this.#ports.log.warn({ err: error }, 'a change is made, and the store does not tell where');
    }
  }

  #take({ documents, damaged, leftAside }: Changes): void {
    for (const document of documents) this.#collections.apply(document);
    for (const each of damaged) this.#collections.applyDamage(each);
    this.#leftAside = leftAside;
  }

  /** The problems of what is stored. Those of the standing and the own disk are logged there. */
  get #problems(): readonly string[] {
    const uses = this.#uses.flatMap(({ damage }) => damage);
    return [...this.#collections.problems, ...uses, ...(this.#follower.store?.warnings ?? [])];
  }

  async #afterRound(): Promise<void> {
    const now = `${this.#standing.kind} ${this.#leases.settled}`;
    if (now !== this.#toldStanding) {
      this.#toldStanding = now;
      for (const listener of this.#listeners) listener();
    }
    this.#told.look();
    const { store, mark } = this.#follower;
    if (this.#standing.kind !== 'in-step' || store === undefined) return;
    const mended = await this.#mended.read(store, this.#collections.damaged, mark.revision);
    for (const document of mended) this.#collections.apply(document);
    await this.#keep(false);
  }

  #keep(isLast: boolean): Promise<void> {
    const { mark, storeFormat } = this.#follower;
    return this.#disk.keep({ mark, storeFormat, stored: () => this.#collections.stored() }, isLast);
  }
}
