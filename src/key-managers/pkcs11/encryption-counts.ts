import { removeTemporaryFiles } from '../../durable/atomic-write.js';
import { type FolderLock, lockFolder } from '../../durable/folder-lock.js';
import { assertPrivateFolder, makePrivateFolder } from '../../durable/private.js';
import type { Deadline } from '../../shared/deadline.js';
import { ifThere } from '../../shared/errno.js';
import type { AdoptedCounters, KeyRef } from '../backend.js';
import { uncountedProblem } from '../counting/block-reservation.js';
import { CountedMaterial } from './counted-material.js';
import { isMarked } from './counts/adopted-folder.js';
import type { CountSource, KnownCount } from './counts/count-source.js';
import { type CountingPorts, ReplicaCounts } from './counts/replica-counts.js';
import type { BackendPorts } from '../definition.js';

/**
 * Counts the encryptions of every key, with one count for each key's material.
 */
export class EncryptionCounts {
  readonly #ports: BackendPorts;
  readonly #counts: ReplicaCounts;
  readonly #lock: FolderLock | undefined;
  #users: number;
  readonly #materials = new Map<string, CountedMaterial>();
  readonly #loading = new Map<string, Promise<CountedMaterial>>();

  /** @param users number of nodes that share the counts: the last one closes them */
  private constructor(
    counts: ReplicaCounts,
    ports: BackendPorts,
    users: number,
    lock?: FolderLock,
  ) {
    this.#counts = counts;
    this.#ports = ports;
    this.#users = users;
    this.#lock = lock;
  }

  /**
   * Locks the folder of the counters, or makes it.
   *
   * @param users number of nodes that share the counts: copies of a key are one key
   * @throws NotPrivateError, FolderInUseError, KeyManagerError `misconfigured`, or the file
   *   system's own error
   */
  static async open(countingPorts: CountingPorts, users: number): Promise<EncryptionCounts> {
    const { directory } = countingPorts.folder;
    await makePrivateFolder(directory);
    await assertPrivateFolder(directory);
    const lock = await lockFolder(directory);
    try {
      await removeTemporaryFiles(directory);
      const counts = await ReplicaCounts.open(countingPorts);
      return new EncryptionCounts(counts, countingPorts.ports, users, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /**
   * Opens the counters to read, without the lock: a server may be counting at the same time, and
   * the counts may be slightly older than its own. Encryption is refused.
   *
   * @returns undefined for counts that are in a state store which is not at hand
   * @throws NotPrivateError, or the file system's own error
   */
  static async openToRead(
    countingPorts: CountingPorts,
    users: number,
  ): Promise<EncryptionCounts | undefined> {
    const { directory } = countingPorts.folder;
    // Without a folder nothing has been counted yet.
    await ifThere(assertPrivateFolder(directory));
    if (countingPorts.ports.state === undefined && (await isMarked(directory))) return undefined;
    const counts = await ReplicaCounts.open(countingPorts);
    return new EncryptionCounts(counts, countingPorts.ports, users);
  }

  /** Problem that the health of the node reports; undefined where there is none. */
  get problem(): string | undefined {
    const failing = [...this.#materials.values()]
      .filter(({ isFailing }) => isFailing)
      .map(({ externalKeyId }) => externalKeyId);
    return uncountedProblem(failing);
  }

  /**
   * Counts one encryption before it is made. Returns undefined when it is counted at once.
   *
   * @throws KeyManagerError `exhausted` when the key is at its limit, `internal` when
   *   the count cannot be written or read, `deadline`
   */
  count(ref: KeyRef, deadline: Deadline): Promise<void> | undefined {
    const material = this.#materials.get(ref.version.materialName.toString('hex'));
    if (material?.count()) return undefined;
    return this.#countLater(ref, deadline);
  }

  /** The number of encryptions that one key's material may make in all. */
  get limit(): number {
    return this.#source.limit;
  }

  /** The keys at their limit of encryptions, among those whose counters have been read. */
  get exhausted(): readonly KeyRef[] {
    return [...this.#materials.values()].filter(({ left }) => left === 0).map(({ ref }) => ref);
  }

  /**
   * Tells whether this material is known to be at its limit of encryptions.
   *
   * @param name in hexadecimal
   */
  isExhausted(name: string): boolean {
    return this.#materials.get(name)?.left === 0;
  }

  /** Returns when Holdfast created this material; undefined for material created elsewhere. */
  async createdAt(ref: KeyRef): Promise<Date | undefined> {
    const createdAt = (await this.#material(ref)).createdAt ?? this.#source.createdAt(ref);
    return createdAt === undefined ? undefined : new Date(createdAt);
  }

  /**
   * Begins the count of a key that has just been created, and records the time. A counter that
   * cannot be written is logged and reported by {@link problem}; the key exists nevertheless.
   */
  async noteCreation(ref: KeyRef): Promise<void> {
    const createdAt = new Date(this.#ports.clock.now()).toISOString();
    const name = ref.version.materialName.toString('hex');
    const material = this.#counted(ref, name, { reserved: 0, createdAt });
    this.#loading.set(name, Promise.resolve(material));
    await material.reserve().catch(() => undefined);
  }

  /** Returns the number of encryptions that are left with this material. */
  async left(ref: KeyRef): Promise<number> {
    return (await this.#learnt(ref)).left;
  }

  /**
   * Returns the number of encryptions that this material may have made.
   *
   * @returns undefined where other replicas count by themselves
   */
  async made(ref: KeyRef): Promise<number | undefined> {
    const { made } = await this.#learnt(ref);
    return this.#source.isOfAll ? made : undefined;
  }

  /**
   * Adds what this replica has counted by itself to the counters of the state store, and counts
   * there from then on.
   *
   * @throws KeyManagerError
   */
  adopt(): Promise<AdoptedCounters> {
    return this.#counts.adopt();
  }

  /** Adds nodes that share the counts, and close them as those before do. */
  sharedBy(users: number): this {
    this.#users += users;
    return this;
  }

  /** Ends one node's use. The last one waits for writes under way and releases the folder. */
  async close(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    for (const material of this.#materials.values()) await material.settle();
    await this.#lock?.release();
  }

  async #learnt(ref: KeyRef): Promise<CountedMaterial> {
    const material = await this.#material(ref);
    material.learn((await this.#source.readAgain(ref)) ?? 0);
    return material;
  }

  async #countLater(ref: KeyRef, deadline: Deadline): Promise<void> {
    const material = await this.#material(ref);
    await material.countWhenReserved(deadline);
  }

  #material(ref: KeyRef): Promise<CountedMaterial> {
    const name = ref.version.materialName.toString('hex');
    const loading = this.#loading.get(name) ?? this.#load(ref, name);
    this.#loading.set(name, loading);
    // What could not be read is tried again by the next request.
    loading.catch(() => this.#loading.delete(name));
    return loading;
  }

  async #load(ref: KeyRef, name: string): Promise<CountedMaterial> {
    return this.#counted(ref, name, await this.#source.read(ref));
  }

  #counted(ref: KeyRef, name: string, known: KnownCount): CountedMaterial {
    const source = () => this.#source;
    const material = new CountedMaterial(ref, known, { ports: this.#ports, source });
    this.#materials.set(name, material);
    return material;
  }

  get #source(): CountSource {
    return this.#counts.source;
  }
}
