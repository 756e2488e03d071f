import type { SealingKey } from '../../sealing/master-key.js';
import type { Deadline } from '../../shared/deadline.js';
import { type KeyDescription, KeyManagerError, type KeyVersion } from '../backend.js';
import { EncryptionBudget } from './encryption-budget.js';
import { type KeyDocument, MAX_KEY_VERSION } from './key-document.js';
import type { KeyFolder } from './key-folder.js';
import { type KeyMaterial, makeVersion } from './key-material.js';
import type { CountingLimits, FileKeyManagerPorts } from './ports.js';
import { RetriedTask } from './retried-task.js';
import { withinDeadline } from './within-deadline.js';

/** What a key needs of its surroundings. */
export interface KeySurroundings {
  readonly folder: KeyFolder;
  readonly ports: FileKeyManagerPorts;
  readonly limits: CountingLimits;
}

/** A version with its material and what is left of its reservation. */
export interface UsableVersion extends KeyMaterial {
  readonly budget: EncryptionBudget;
}

/** A key as it was read from disk or has just been made. */
export interface KeyState {
  readonly document: KeyDocument;
  readonly sealingKey: SealingKey;
  /** In ascending order; the last one is current. */
  readonly versions: readonly UsableVersion[];
  /** The highest number ever given to a version of this key, whether or not it came to be. */
  readonly highestVersion: number;
}

/**
 * One key in memory: its material, and the count of its encryptions.
 *
 * Counting. A block is reserved by writing the new total to the counter file; only when that is
 * on disk may the block be used. The next block is reserved when half of this one is used. A crash
 * forgets how much of a block was used, and the whole of it counts: the count can be too high and
 * never too low.
 *
 * Rotation, when the version is full or its count unknown, writes the counter file first (it names
 * the new version, with its first block) and the document afterwards. A crash in between leaves a
 * counter that does not fit the document, which means at the next start: count unknown, so another
 * new version, with a number higher than both. In the other order the same would happen; but a
 * failure (no crash) would leave a version in the document that nobody may encrypt with.
 *
 * An encryption that still names the old version when the new one takes over is counted against
 * what is left of the old one's block.
 */
export class ExternalKey {
  readonly #surroundings: KeySurroundings;
  readonly #reserving: RetriedTask;
  readonly #sealingKey: SealingKey;
  readonly #versions = new Map<number, UsableVersion>();
  #document: KeyDocument;
  #current: UsableVersion;
  #highestVersion: number;
  #description: KeyDescription;

  constructor(state: KeyState, surroundings: KeySurroundings) {
    for (const version of state.versions) this.#versions.set(version.version, version);
    const current = state.versions.at(-1);
    if (current === undefined) throw new RangeError('a key has at least one version');
    this.#current = current;
    this.#document = state.document;
    this.#sealingKey = state.sealingKey;
    this.#highestVersion = state.highestVersion;
    this.#description = this.#describe();
    this.#surroundings = surroundings;
    this.#reserving = new RetriedTask(() => this.#reserve(), surroundings.ports.clock);
  }

  /** The same object until the key gets a new version. */
  get description(): KeyDescription {
    return this.#description;
  }

  get sealingKey(): SealingKey {
    return this.#sealingKey;
  }

  get createdAt(): Date {
    return new Date(this.#document.createdAt);
  }

  /** Encryptions that the current version may still make before it gives way to a new one. */
  get encryptionsLeft(): number {
    return this.#surroundings.limits.perVersion - this.#current.budget.used;
  }

  /** Whether the last attempt to write the counter or a new version failed. */
  get isCountingFailing(): boolean {
    return this.#reserving.isFailing;
  }

  /** Whether the current version can take no further block, so that a new one has to be made. */
  get needsNewVersion(): boolean {
    const { limits } = this.#surroundings;
    return this.#current.budget.reserved + limits.blockSize > limits.perVersion;
  }

  /** @throws KeyManagerError `version-not-found` for a number that is unknown or names other material */
  version(wanted: KeyVersion): UsableVersion {
    const found = this.#versions.get(wanted.version);
    if (found?.materialName.equals(wanted.materialName)) return found;
    throw new KeyManagerError(
      'version-not-found',
      found === undefined
        ? `${this.#description.externalKeyId} has no version ${wanted.version}`
        : `version ${wanted.version} of ${this.#description.externalKeyId} is other material ` +
            `(${found.materialName.toString('hex')}, not ${wanted.materialName.toString('hex')})`,
    );
  }

  /** Counts one encryption. @returns false when the block is used up: then {@link countWhenReserved} */
  count(version: UsableVersion): boolean {
    const { budget } = version;
    const counted = budget.take();
    if (budget.left * 2 <= this.#surroundings.limits.blockSize && version === this.#current) {
      this.#reserving.runInBackground();
    }
    return counted;
  }

  /**
   * Waits for the next block and counts one encryption.
   *
   * @throws KeyManagerError `internal` when it cannot be written, or a new version has taken over;
   *   `deadline`
   */
  async countWhenReserved(version: UsableVersion, deadline: Deadline): Promise<void> {
    while (!version.budget.take()) {
      if (version !== this.#current) {
        throw new KeyManagerError(
          'internal',
          `version ${version.version} of ${this.#description.externalKeyId} has given way to ` +
            `version ${this.#current.version} and may encrypt no more`,
        );
      }
      await withinDeadline(this.reserve(), deadline);
    }
  }

  /**
   * Reserves the next block, of a new version where this one is full.
   *
   * @throws KeyManagerError `internal` when that cannot be written
   */
  reserve(): Promise<void> {
    return this.#reserving.run();
  }

  /** Resolves when no write is under way. */
  settle(): Promise<void> {
    return this.#reserving.settle();
  }

  async #reserve(): Promise<void> {
    const wasFailing = this.isCountingFailing;
    const { log } = this.#surroundings.ports;
    const { externalKeyId } = this.#document;
    try {
      await (this.needsNewVersion ? this.#rotate() : this.#extend());
    } catch (cause) {
      const message = `encryptions of ${externalKeyId} cannot be counted: the write failed`;
      if (!wasFailing) log.error({ externalKeyId, err: cause }, message);
      throw new KeyManagerError('internal', message, { cause });
    }
    if (wasFailing)
      log.info({ externalKeyId }, `encryptions of ${externalKeyId} are counted again`);
  }

  async #extend(): Promise<void> {
    const { folder, limits } = this.#surroundings;
    const { budget } = this.#current;
    const reserved = budget.reserved + limits.blockSize;
    await folder.writeCounter(this.#counterOf(this.#current, reserved));
    budget.extendTo(reserved);
  }

  async #rotate(): Promise<void> {
    const { folder, ports, limits } = this.#surroundings;
    if (this.#highestVersion >= MAX_KEY_VERSION) throw new RangeError('no version number is left');
    this.#highestVersion += 1;
    const { stored, material } = await makeVersion(this.#sealingKey, this.#document, {
      version: this.#highestVersion,
      createdAt: new Date(ports.clock.now()),
      randomBytes: ports.randomBytes,
    });
    const document = { ...this.#document, versions: [...this.#document.versions, stored] };
    await folder.writeCounter(this.#counterOf(material, limits.blockSize));
    await folder.writeDocument(document);

    this.#document = document;
    this.#current = { ...material, budget: EncryptionBudget.fresh(limits.blockSize) };
    this.#versions.set(material.version, this.#current);
    this.#description = this.#describe();
    ports.log.info(
      { externalKeyId: document.externalKeyId, keyVersion: material.version },
      `${document.externalKeyId} has a new version ${material.version}`,
    );
  }

  #counterOf({ version, materialName }: KeyVersion, reserved: number) {
    const { externalKeyId } = this.#document;
    return {
      format: 1,
      externalKeyId,
      version,
      materialName: materialName.toString('hex'),
      reserved,
    } as const;
  }

  #describe(): KeyDescription {
    const versions = new Map<number, KeyVersion>();
    for (const { version, materialName } of this.#versions.values()) {
      versions.set(version, { version, materialName });
    }
    return {
      externalKeyId: this.#document.externalKeyId,
      usage: new Set(this.#document.usage),
      enabled: true,
      current: versions.get(this.#current.version),
      versions,
    };
  }
}
