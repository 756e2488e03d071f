import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AtomicWrite, removeTemporaryFiles } from '../../durable/atomic-write.js';
import { type FolderLock, lockFolder } from '../../durable/folder-lock.js';
import { assertPrivateFolder, makePrivateFolder } from '../../durable/private.js';
import type { Deadline } from '../../shared/deadline.js';
import { isErrno } from '../../shared/errno.js';
import { KeyManagerError, type KeyRef } from '../backend.js';
import { parseCounterFile } from '../counting/counter-file.js';
import type { CountingLimits } from '../counting/counting-limits.js';
import { CountedMaterial, type KnownCount } from './counted-material.js';
import type { BackendPorts } from '../definition.js';

/** The parts that counting is handed. */
export interface CountingPorts {
  /** Of this replica alone. */
  readonly directory: string;
  readonly ports: BackendPorts;
  readonly limits: CountingLimits;
  readonly writeFile: AtomicWrite;
  /** How many nodes share the counts: copies of one key are one key. The last to close ends it. */
  readonly users: number;
}

/**
 * Counts the encryptions of every key, one file for each key's material. A counter that is not
 * there means a key that this replica has not used before.
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
   * Without the lock, so beside a server that counts, and possibly behind it by what it is writing.
   * Whatever would have to be counted is refused.
   *
   * @throws NotPrivateError, or the file system's own error
   */
  static async openToRead(
    countingPorts: Omit<CountingPorts, 'writeFile'>,
  ): Promise<EncryptionCounts> {
    await assertPrivateFolder(countingPorts.directory).catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT')) throw error; // Without a folder nothing has been counted yet.
    });
    return new EncryptionCounts({ ...countingPorts, writeFile: refuseToWrite }, undefined);
  }

  /** What is wrong, for the health of the node. */
  get problem(): string | undefined {
    const failing = [...this.#materials.values()]
      .filter(({ isFailing }) => isFailing)
      .map(({ externalKeyId }) => externalKeyId);
    if (failing.length === 0) return undefined;
    return `encryptions cannot be counted, so Encrypt fails or will: ${failing.join(', ')}`;
  }

  /**
   * Counts one encryption, before it is made. Without waiting where it can.
   *
   * @throws KeyManagerError `exhausted` when the key has made all that it may, `internal` when
   *   the count cannot be written or read, `deadline`
   */
  count(ref: KeyRef, deadline: Deadline): Promise<void> | undefined {
    const material = this.#materials.get(ref.version.materialName.toString('hex'));
    if (material?.count()) return undefined;
    return this.#countLater(ref, deadline);
  }

  /** Keys whose material has made all that it may, as far as they have been looked at. */
  get exhausted(): readonly KeyRef[] {
    return [...this.#materials.values()].filter(({ left }) => left === 0).map(({ ref }) => ref);
  }

  /**
   * Tells whether this material is known to have made all that it may.
   *
   * @param name in hexadecimal
   */
  isExhausted(name: string): boolean {
    return this.#materials.get(name)?.left === 0;
  }

  /** Tells when Holdfast made this material; undefined for what others have made. */
  async createdAt(ref: KeyRef): Promise<Date | undefined> {
    const { createdAt } = await this.#material(ref);
    return createdAt === undefined ? undefined : new Date(createdAt);
  }

  /**
   * Begins the count of a key that has just been made, and keeps when that was. A counter that
   * cannot be written is logged and shown by {@link problem}; the key is there all the same.
   */
  async noteCreation(ref: KeyRef): Promise<void> {
    const createdAt = new Date(this.#countingPorts.ports.clock.now()).toISOString();
    const name = ref.version.materialName.toString('hex');
    const material = this.#counted(ref, name, { reserved: 0, createdAt });
    this.#loading.set(name, Promise.resolve(material));
    await material.reserve().catch(() => undefined);
  }

  /** Encryptions that may still be made with this material. */
  async left(ref: KeyRef): Promise<number> {
    return (await this.#material(ref)).left;
  }

  /**
   * Called once by each user. The last one waits for writes under way and lets go of the folder.
   */
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
  return Promise.reject(new KeyManagerError('unsupported', 'the counters are read alone'));
}

async function readCount(path: string, externalKeyId: string): Promise<KnownCount> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { reserved: 0 };
    throw new KeyManagerError('internal', `${path} cannot be read`, { cause: error });
  }
  const counter = parseCounterFile(externalKeyId, text);
  if (counter !== undefined) return counter;
  throw new KeyManagerError(
    'internal',
    `${path} is damaged, or of another key than ${externalKeyId}; without it nobody knows how ` +
      'often the key has encrypted. Restore it, or raise priorEncryptions and remove it.',
  );
}
