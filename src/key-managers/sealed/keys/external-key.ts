import type { SealingKey } from '../../../sealing/master-key.js';
import { invariant } from '../../../shared/assert.js';
import type { Deadline } from '../../../shared/deadline.js';
import { type KeyDescription, KeyManagerError, type KeyVersion } from '../../backend.js';
import { EncryptionBudget, type TakenBlock } from '../../counting/encryption-budget.js';
import { RetriedTask } from '../../counting/retried-task.js';
import { MAX_KEY_VERSION } from '../../counting/version-fields.js';
import { withinDeadline } from '../../within-deadline.js';
import { assertFollows, type KeyDocument, keyDocumentOf } from './key-document.js';
import { makeVersion, openVersions } from './key-material.js';
import type { KeyVersions, UsableVersion, WrittenDocument } from './key-versions.js';
import type { DrawnBlock } from '../../../state/store.js';
import type { CountedVersion, KeyPorts } from './place.js';

/** A key as it was read or has just been made. */
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
 * A block is taken from the count before it is used, and the next one when half of it is used. A
 * crash forgets how much of a block was used, and the whole of it counts: the count can be too
 * high, never too low.
 *
 * Rotation, when the version is full or its count unknown, begins the count of the new version
 * first and writes the document afterwards. A crash in between leaves a count without a version,
 * which is never used; in the other order, a failure without a crash would leave a version in the
 * document that nobody may encrypt with. Where replicas share the key, the old version encrypts
 * until every replica knows the new one.
 *
 * An encryption that still names the old version when the new one takes over is counted against
 * what is left of the old one's blocks.
 */
export class ExternalKey {
  readonly #versions: KeyVersions;
  readonly #sealingKey: SealingKey;
  readonly #keyPorts: KeyPorts;
  readonly #reserving: RetriedTask;
  #highestVersion: number;
  /** The time at which the last block was taken, and what there was left then. */
  #lastBlock: { readonly at: number; readonly budget: EncryptionBudget; readonly left: number };

  constructor(state: KeyState, keyPorts: KeyPorts) {
    this.#versions = state.versions;
    this.#sealingKey = state.sealingKey;
    this.#highestVersion = state.highestVersion;
    this.#keyPorts = keyPorts;
    const { clock } = keyPorts.ports;
    this.#reserving = new RetriedTask(() => this.#reserve(), clock);
    const budget = state.versions.current?.budget ?? EncryptionBudget.spent(0);
    this.#lastBlock = { at: clock.monotonic(), budget, left: budget.left };
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

  /** The document, and its revision. */
  get written(): WrittenDocument {
    const { document, revision } = this.#versions;
    return { document, revision };
  }

  /** Encryptions that the current version may still make before it gives way to a new one. */
  get encryptionsLeft(): number {
    const used = this.#versions.current?.budget.used ?? 0;
    return Math.max(0, this.#keyPorts.place.perVersion - used);
  }

  /** True if the last attempt to take a block or to make a new version failed. */
  get isCountingFailing(): boolean {
    return this.#reserving.isFailing;
  }

  /** True while a new version waits until every replica knows it. */
  get isSettling(): boolean {
    return this.#versions.current !== this.#versions.newest;
  }

  /** True if the current version can take no further block, so that a new version is needed. */
  get needsNewVersion(): boolean {
    const { current } = this.#versions;
    if (current === undefined) return false;
    return current.budget.reserved + this.#blockSize > this.#keyPorts.place.perVersion;
  }

  /** @throws KeyManagerError `version-not-found` for an unknown number, or one of other material */
  version(wanted: KeyVersion): UsableVersion {
    return this.#versions.find(wanted);
  }

  /** Counts one encryption. @returns false for a used-up block: then {@link countWhenReserved} */
  count(version: UsableVersion): boolean {
    const counted = version.budget.take();
    if (version.budget.isLow && version === this.#versions.current) {
      this.#reserving.runInBackground();
    }
    return counted;
  }

  /**
   * Waits for the next block and counts one encryption.
   *
   * @throws KeyManagerError `internal` when none can be taken; `conflict` when a new version has
   *   taken over; `deadline`
   */
  async countWhenReserved(version: UsableVersion, deadline: Deadline): Promise<void> {
    while (!version.budget.take()) {
      const { current, newest } = this.#versions;
      if (version !== current && version !== newest) {
        throw new KeyManagerError(
          'conflict',
          `version ${version.version} of ${this.description.externalKeyId} has given way to ` +
            'a new one and may encrypt no more',
        );
      }
      const taking = version === current ? this.reserve() : this.prepare();
      await withinDeadline(taking, deadline, this.#keyPorts.place.name);
    }
  }

  /**
   * Takes the next block, of a new version where this one is full.
   *
   * @throws KeyManagerError `internal` when that cannot be done
   */
  reserve(): Promise<void> {
    return this.#reserving.run();
  }

  /** Lets the newest version encrypt if every replica knows it by now. */
  settleIfKnown(): void {
    if (this.isSettling && this.#keyPorts.place.isSettled(this.#versions.revision)) {
      this.#versions.settle();
    }
  }

  /**
   * Takes over a document that another replica has written. Every version is opened, those in
   * memory, too: what a document says of them is believed because it opens.
   *
   * @throws SealingError; DamagedDocumentError, also for a document that has lost a version
   */
  async follow(written: WrittenDocument): Promise<void> {
    if (written.revision <= this.#versions.revision) return;
    const { document } = written;
    assertFollows(document, this.#versions.document);
    const opened = await openVersions(this.#sealingKey, document);
    if (written.revision <= this.#versions.revision) return; // Overtaken by an act of our own.
    const all = opened.map(
      (material) =>
        this.#versions.get(material.version) ?? { ...material, budget: EncryptionBudget.spent(0) },
    );
    this.#versions.adopt(written, all);
    this.#highestVersion = Math.max(this.#highestVersion, document.versions.at(-1)?.version ?? 0);
    this.settleIfKnown();
  }

  /** Begins with the first block, or with what is known instead of one. */
  begin(block: DrawnBlock): void {
    const { current } = this.#versions;
    const { perVersion } = this.#keyPorts.place;
    if (current === undefined) return;
    // A count that is full, or that nobody knows, is as good as full: a new version takes over.
    const full = { from: perVersion, to: perVersion };
    this.#addBlock(current.budget, typeof block === 'string' ? full : block);
  }

  /**
   * Takes the first block of a version that another replica has made, before it encrypts here.
   *
   * @throws the error of the place
   */
  async prepare(): Promise<void> {
    const { newest } = this.#versions;
    if (newest === undefined || newest.budget.left > 0) return;
    const { place } = this.#keyPorts;
    const size = place.blockSize(0, 0);
    const version = this.#countedVersion(newest);
    const block = await place.nextBlock(version, newest.budget.reserved, size);
    if (block !== undefined) this.#addBlock(newest.budget, block);
  }

  /** Resolves when no write is under way. */
  settle(): Promise<void> {
    return this.#reserving.settle();
  }

  get #blockSize(): number {
    const { place, ports } = this.#keyPorts;
    const { at, budget, left } = this.#lastBlock;
    return place.blockSize(left - budget.left, ports.clock.monotonic() - at);
  }

  #addBlock(budget: EncryptionBudget, block: TakenBlock): void {
    budget.add(block);
    this.#lastBlock = { at: this.#keyPorts.ports.clock.monotonic(), budget, left: budget.left };
  }

  async #reserve(): Promise<void> {
    const { log } = this.#keyPorts.ports;
    const { externalKeyId } = this.description;
    const wasFailing = this.isCountingFailing;
    try {
      await this.#extendOrRotate();
    } catch (cause) {
      const message = `encryptions of ${externalKeyId} cannot be counted: the write failed`;
      if (!wasFailing) log.error({ externalKeyId, err: cause }, message);
      throw new KeyManagerError('internal', message, { cause });
    }
    if (wasFailing) log.info({ externalKeyId }, `${externalKeyId} is counted again`);
  }

  async #extendOrRotate(): Promise<void> {
    const { place } = this.#keyPorts;
    if (this.isSettling) {
      await place.whenSettled(this.#versions.revision);
      this.settleIfKnown();
      if (this.#versions.current?.budget.isLow === false) return;
    }
    if (this.needsNewVersion || !(await this.#extend())) await this.#rotate();
  }

  /** @returns false where the version has no block left, or nobody knows its count */
  async #extend(): Promise<boolean> {
    const { current } = this.#versions;
    invariant(current !== undefined, 'a version is counted');
    const { budget } = current;
    const version = this.#countedVersion(current);
    const size = this.#blockSize;
    const block = await this.#keyPorts.place.nextBlock(version, budget.reserved, size);
    if (block === undefined) return false;
    this.#addBlock(budget, block);
    return true;
  }

  async #rotate(): Promise<void> {
    const { place, ports } = this.#keyPorts;
    const { document } = this.#versions;
    invariant(this.#highestVersion < MAX_KEY_VERSION, 'no version number is left');
    this.#highestVersion += 1;
    const { stored, material } = await makeVersion(this.#sealingKey, document, {
      version: this.#highestVersion,
      predecessor: document.versions.at(-1),
      createdAt: new Date(ports.clock.now()),
      randomBytes: ports.randomBytes,
    });
    const rotated = keyDocumentOf(document, [...document.versions, stored]);
    const block = await place.beginCount(this.#countedVersion(material));
    const written = await this.#writeOrFollow(rotated);
    // A document that somebody has written on top of this one has this version, too.
    if (written === undefined || written < this.#versions.revision) return;

    const budget = EncryptionBudget.of(block);
    // The state may have told of it before: then it is there already, without its first block.
    const before = this.#versions.all.filter(({ version }) => version !== material.version);
    const versions = [...before, { ...material, budget }];
    this.#versions.adopt({ document: rotated, revision: written }, versions);
    this.settleIfKnown();
    const { externalKeyId } = document;
    const keyVersion = material.version;
    ports.log.info({ externalKeyId, keyVersion }, `${externalKeyId} has a new version`);
  }

  /** @returns undefined where another replica has been faster, and its document is in memory now */
  async #writeOrFollow(document: KeyDocument): Promise<number | undefined> {
    const { place } = this.#keyPorts;
    const { revision } = this.#versions;
    try {
      return await place.writeDocument(document, revision);
    } catch (error) {
      if (!(error instanceof KeyManagerError) || error.code !== 'conflict') throw error;
      await place.caughtUp();
      if (this.#versions.revision === revision) throw error;
      return undefined;
    }
  }

  #countedVersion({ version, materialName }: KeyVersion): CountedVersion {
    return { externalKeyId: this.description.externalKeyId, version: { version, materialName } };
  }
}
