import type { SealingKey } from '../../sealing/master-key.js';
import { invariant } from '../../shared/assert.js';
import type { Deadline } from '../../shared/deadline.js';
import { type KeyDescription, KeyManagerError, type KeyVersion } from '../backend.js';
import type { CounterFile } from '../counting/counter-file.js';
import { EncryptionBudget } from '../counting/encryption-budget.js';
import { MAX_KEY_VERSION } from '../counting/version-fields.js';
import type { KeyFolder } from './key-folder.js';
import { makeVersion } from './key-material.js';
import type { KeyVersions, UsableVersion } from './key-versions.js';
import type { BackendPorts } from '../definition.js';
import type { CountingLimits } from '../counting/counting-limits.js';
import { RetriedTask } from '../counting/retried-task.js';
import { withinDeadline } from '../within-deadline.js';

/** The parts that a key is handed. */
export interface KeyPorts {
  readonly folder: KeyFolder;
  readonly ports: BackendPorts;
  readonly limits: CountingLimits;
}

/** A key as it was read from disk or has just been made. */
export interface KeyState {
  readonly versions: KeyVersions;
  /** The key under which its document is sealed. */
  readonly sealingKey: SealingKey;
  /** The highest number ever given to a version of this key, whether or not it came to be. */
  readonly highestVersion: number;
}

/**
 * One key in memory, and the count of its encryptions.
 *
 * A block is reserved by writing the new total to the counter file; only when that is on disk may
 * the block be used. The next block is reserved when half of this one is used. A crash forgets how
 * much of a block was used, and the whole of it counts: the count can be too high, never too low.
 *
 * Rotation, when the version is full or its count unknown, writes the counter file first (it names
 * the new version, with its first block) and the document afterwards. A crash in between leaves a
 * counter that does not fit the document. At the next start that means: count unknown, so another
 * new version, with a number higher than both. In the other order the same would happen; but a
 * failure without a crash would leave a version in the document that nobody may encrypt with.
 *
 * An encryption that still names the old version when the new one takes over is counted against
 * what is left of the old one's block.
 */
export class ExternalKey {
  readonly #versions: KeyVersions;
  readonly #sealingKey: SealingKey;
  readonly #keyPorts: KeyPorts;
  readonly #reserving: RetriedTask;
  #highestVersion: number;

  constructor(state: KeyState, keyPorts: KeyPorts) {
    this.#versions = state.versions;
    this.#sealingKey = state.sealingKey;
    this.#highestVersion = state.highestVersion;
    this.#keyPorts = keyPorts;
    this.#reserving = new RetriedTask(() => this.#reserve(), keyPorts.ports.clock);
  }

  get description(): KeyDescription {
    return this.#versions.description;
  }

  get sealingKey(): SealingKey {
    return this.#sealingKey;
  }

  get createdAt(): Date {
    return new Date(this.#versions.document.createdAt);
  }

  /** Encryptions that the current version may still make before it gives way to a new one. */
  get encryptionsLeft(): number {
    const { budget } = this.#versions.current;
    return Math.max(0, this.#keyPorts.limits.perVersion - budget.used);
  }

  /** True if the last attempt to write the counter or a new version failed. */
  get isCountingFailing(): boolean {
    return this.#reserving.isFailing;
  }

  /** True if the current version can reserve no further block, so that a new version is needed. */
  get needsNewVersion(): boolean {
    const { limits } = this.#keyPorts;
    return this.#versions.current.budget.reserved + limits.blockSize > limits.perVersion;
  }

  /** @throws KeyManagerError `version-not-found` for an unknown number, or one of other material */
  version(wanted: KeyVersion): UsableVersion {
    return this.#versions.find(wanted);
  }

  /** Counts one encryption. @returns false for a used-up block: then {@link countWhenReserved} */
  count(version: UsableVersion): boolean {
    const { budget } = version;
    const counted = budget.take();
    const isLow = budget.left * 2 <= this.#keyPorts.limits.blockSize;
    if (isLow && version === this.#versions.current) this.#reserving.runInBackground();
    return counted;
  }

  /**
   * Waits for the next block and counts one encryption.
   *
   * @throws KeyManagerError `internal` when it cannot be written; `conflict` when a new version has
   *   taken over; `deadline`
   */
  async countWhenReserved(version: UsableVersion, deadline: Deadline): Promise<void> {
    while (!version.budget.take()) {
      if (version !== this.#versions.current) {
        throw new KeyManagerError(
          'conflict',
          `version ${version.version} of ${this.description.externalKeyId} has given way to ` +
            'a new one and may encrypt no more',
        );
      }
      await withinDeadline(this.reserve(), deadline, 'the disk');
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
    const { log } = this.#keyPorts.ports;
    const { externalKeyId } = this.description;
    const wasFailing = this.isCountingFailing;
    try {
      await (this.needsNewVersion ? this.#rotate() : this.#extend());
    } catch (cause) {
      const message = `encryptions of ${externalKeyId} cannot be counted: the write failed`;
      if (!wasFailing) log.error({ externalKeyId, err: cause }, message);
      throw new KeyManagerError('internal', message, { cause });
    }
    if (wasFailing) log.info({ externalKeyId }, `${externalKeyId} is counted again`);
  }

  async #extend(): Promise<void> {
    const { folder, limits } = this.#keyPorts;
    const { current } = this.#versions;
    const reserved = current.budget.reserved + limits.blockSize;
    await folder.writeCounter(this.#counterOf(current, reserved));
    current.budget.extendTo(reserved);
  }

  async #rotate(): Promise<void> {
    const { folder, ports, limits } = this.#keyPorts;
    const { document } = this.#versions;
    invariant(this.#highestVersion < MAX_KEY_VERSION, 'no version number is left');
    this.#highestVersion += 1;
    const { stored, material } = await makeVersion(this.#sealingKey, document, {
      version: this.#highestVersion,
      predecessor: document.versions.at(-1),
      createdAt: new Date(ports.clock.now()),
      randomBytes: ports.randomBytes,
    });
    const rotated = { ...document, versions: [...document.versions, stored] };
    await folder.writeCounter(this.#counterOf(material, limits.blockSize));
    await folder.writeDocument(rotated);

    const budget = EncryptionBudget.fresh(limits.blockSize);
    this.#versions.adopt(rotated, { ...material, budget });
    const { externalKeyId } = document;
    const keyVersion = material.version;
    ports.log.info({ externalKeyId, keyVersion }, `${externalKeyId} has a new version`);
  }

  #counterOf({ version, materialName }: KeyVersion, reserved: number): CounterFile {
    const { externalKeyId } = this.description;
    return {
      format: 1,
      externalKeyId,
      version,
      materialName: materialName.toString('hex'),
      reserved,
    };
  }
}
