import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AtomicWrite, removeTemporaryFiles } from '../../durable/atomic-write.js';
import { type FolderLock, lockFolder } from '../../durable/folder-lock.js';
import { assertPrivateFolder, makePrivateFolder } from '../../durable/private.js';
import type { Deadline } from '../../shared/deadline.js';
import { ifThere } from '../../shared/errno.js';
import { KeyManagerError, type KeyRef } from '../backend.js';
import { parseCounterFile } from '../counting/counter-file.js';
import type { CountingLimits } from '../counting/counting-limits.js';
import { CountedMaterial, type KnownCount } from './counted-material.js';
import type { BackendPorts } from '../definition.js';

/** Ports that the composition hands to {@link EncryptionCounts}. */
export interface CountingPorts {
  /** The folder of the counter files, used by this replica alone. */
  readonly directory: string;
  readonly ports: BackendPorts;
  readonly limits: CountingLimits;
  readonly writeFile: AtomicWrite;
  /** Number of nodes that share the counts: copies of a key are one key. The last one closes it. */
  readonly users: number;
}

/**
 * Counts the encryptions of every key, with one file for each key's material. A missing file means
 * that this replica has not used the key before.
 */
export class EncryptionCounts {
  readonly #countingPorts: CountingPorts;
  readonly #lock: FolderLock | undefined;
  #users: number;
  readonly #materials = new Map<string, CountedMaterial>();
  readonly #loading = new Map<string, Promise<CountedMaterial>>();

  private constructor(countingPorts: CountingPorts, lock: FolderLock | undefined) {
    this.#countingPorts = countingPorts;
    this.#users = countingPorts.users;
    this.#lock = lock;
  }

  /** @throws NotPrivateError, FolderInUseError, or the file system's own error */
  static async open(countingPorts: CountingPorts): Promise<EncryptionCounts> {
    const { directory } = countingPorts;
    await makePrivateFolder(directory);
    await assertPrivateFolder(directory);
    const lock = await lockFolder(directory);
    await removeTemporaryFiles(directory);
    return new EncryptionCounts(countingPorts, lock);
  }

  /**
   * Opens the counters to read, without the lock: a server may be counting at the same time, and
   * the counts may be slightly older than its own. Encryption is refused.
   *
   * @throws NotPrivateError, or the file system's own error
   */
  static async openToRead(
    countingPorts: Omit<CountingPorts, 'writeFile'>,
  ): Promise<EncryptionCounts> {
    // Without a folder nothing has been counted yet.
    await ifThere(assertPrivateFolder(countingPorts.directory));
    return new EncryptionCounts({ ...countingPorts, writeFile: refuseToWrite }, undefined);
  }

  /** Problem that the health of the node reports; undefined where there is none. */
  get problem(): string | undefined {
    const failing = [...this.#materials.values()]
      .filter(({ isFailing }) => isFailing)
      .map(({ externalKeyId }) => externalKeyId);
    if (failing.length === 0) return undefined;
    return `encryptions cannot be counted, so Encrypt fails or will: ${failing.join(', ')}`;
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
    const { createdAt } = await this.#material(ref);
    return createdAt === undefined ? undefined : new Date(createdAt);
  }

  /**
   * Begins the count of a key that has just been created, and records the time. A counter that
   * cannot be written is logged and reported by {@link problem}; the key exists nevertheless.
   */
  async noteCreation(ref: KeyRef): Promise<void> {
    const createdAt = new Date(this.#countingPorts.ports.clock.now()).toISOString();
    const name = ref.version.materialName.toString('hex');
    const material = this.#counted(ref, name, { reserved: 0, createdAt });
    this.#loading.set(name, Promise.resolve(material));
    await material.reserve().catch(() => undefined);
  }

  /** Returns the number of encryptions that are left with this material. */
  async left(ref: KeyRef): Promise<number> {
    return (await this.#material(ref)).left;
  }

  /** Ends one node's use. The last one waits for writes under way and releases the folder. */
  async close(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    for (const material of this.#materials.values()) await material.settle();
    await this.#lock?.release();
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
    const known = await readCount(this.#pathOf(name), ref.externalKeyId);
    return this.#counted(ref, name, known);
  }

  #counted(ref: KeyRef, name: string, known: KnownCount): CountedMaterial {
    const { ports, limits, writeFile } = this.#countingPorts;
    const write = (text: string) => writeFile(this.#pathOf(name), text);
    const material = new CountedMaterial(ref, known, { limits, ports, write });
    this.#materials.set(name, material);
    return material;
  }

  #pathOf(name: string): string {
    return join(this.#countingPorts.directory, `${name}.json`);
  }
}

function refuseToWrite(): Promise<never> {
  return Promise.reject(
    new KeyManagerError('unsupported', 'the counters are open for reading only'),
  );
}

async function readCount(path: string, externalKeyId: string): Promise<KnownCount> {
  const text = await ifThere(readFile(path, 'utf8')).catch((cause: unknown) => {
    throw new KeyManagerError('internal', `${path} cannot be read`, { cause });
  });
  if (text === undefined) return { reserved: 0 };
  const counter = parseCounterFile(externalKeyId, text);
  if (counter !== undefined) return counter;
  throw new KeyManagerError(
    'internal',
    `${path} is damaged or belongs to another key than ${externalKeyId}, so it is not known how ` +
      'often the key has encrypted. Restore it, or raise priorEncryptions and remove it.',
  );
}
