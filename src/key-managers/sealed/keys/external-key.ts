import type { SealingKey } from '../../../sealing/master-key.js';
import type { Deadline } from '../../../shared/deadline.js';
import {
  HEALTH_TEST_KEY_ID,
  type KeyDescription,
  KeyManagerError,
  type KeyVersion,
} from '../../backend.js';
import { BlockReservation, type ReservingKey } from '../../counting/block-reservation.js';
import { rotation } from './key-acts.js';
import { KeyChanges, type KeyState } from './key-changes.js';
import { exhaustion, leaving } from './key-failures.js';
import { activeVersionOf, headOf } from './key-document.js';
import type { KeyVersions, UsableVersion, WrittenDocument } from './key-versions.js';
import type { DrawnBlock } from '../../../state/store.js';
import type { CountedVersion, KeyPorts } from './place.js';

/**
 * One key in memory, and the count of its encryptions.
 *
 * A version that is full, or whose count is unknown, gives way to a new one, unless nobody may be
 * given one without asking for it: then the key stops encrypting. Where replicas share the key, the
 * old version encrypts until every replica knows the new one.
 *
 * An encryption that still names the old version when the new one takes over is counted against
 * what is left of the old one's blocks.
 */
export class ExternalKey implements ReservingKey {
  readonly #state: KeyState;
  readonly #versions: KeyVersions;
  readonly #keyPorts: KeyPorts;
  /** Made at first use. */
  #reservation: BlockReservation | undefined;
  /** Made at first use. */
  #changes: KeyChanges | undefined;
  /** True once the key is being destroyed. */
  #isLeaving = false;

  constructor(state: KeyState, keyPorts: KeyPorts) {
    this.#state = state;
    this.#versions = state.versions;
    this.#keyPorts = keyPorts;
  }

  /** The key under which its document is sealed. */
  get sealingKey(): SealingKey {
    return this.#state.sealingKey;
  }

  get externalKeyId(): string {
    return this.#versions.externalKeyId;
  }

  /** The description for requests: the same object until the key changes. */
  get description(): KeyDescription {
    return this.#versions.description;
  }

  /** The version that encrypts; undefined where none does. */
  get current(): KeyVersion | undefined {
    return this.#versions.current;
  }

  get createdAt(): Date {
    return new Date(this.#versions.document.createdAt);
  }

  /** The document, and its revision. */
  get written(): WrittenDocument {
    return this.#versions.written;
  }

  /** Encryptions that the current version may still make before it gives way to a new one. */
  get encryptionsLeft(): number {
    const used = this.#versions.current?.budget.used ?? 0;
    return Math.max(0, this.perVersion - used);
  }

  /** Encryptions that a version may have made; undefined for one without material. */
  encryptionsOf(version: number): number | undefined {
    return this.#versions.get(version)?.budget.used;
  }

  /** True if the last attempt to take a block or to make a new version failed. */
  get isCountingFailing(): boolean {
    return this.#reservation?.isFailing === true;
  }

  /** True for a key whose material is imported. */
  get isImported(): boolean {
    return headOf(this.#versions.document).origin !== undefined;
  }

  /** True if the current version encrypts no more, and no other may take over unasked. */
  get isExhausted(): boolean {
    return this.needsNewVersion && !this.isSettling && !this.mayRenew;
  }

  /** True while a new version waits until every replica knows it. */
  get isSettling(): boolean {
    return this.#versions.current !== this.#versions.newest;
  }

  /** True if the current version can take no further block, so that a new version is needed. */
  get needsNewVersion(): boolean {
    const { current } = this.#versions;
    if (current === undefined) return false;
    return current.budget.reserved + this.#blockSize(current) > this.perVersion;
  }

  /** True if a new version is due, or a block that could not be had, and it may have them. */
  get isShort(): boolean {
    if (this.isSettling || this.isExhausted) return false;
    const budget = this.#versions.current?.budget;
    const isSpent = budget?.isLow === true || budget?.reserved === this.perVersion;
    return this.isCountingFailing || (isSpent && this.needsNewVersion);
  }

  /** True while the document is changed here: a new version comes with its block. */
  get isChanging(): boolean {
    return this.#changes?.isUnderWay ?? false;
  }

  /** The version that encrypts and the one that will. */
  get encryptingVersions(): readonly UsableVersion[] {
    return this.#versions.encrypting;
  }

  /** @throws KeyManagerError `version-not-found` for an unknown number, or one of other material */
  version(wanted: KeyVersion): UsableVersion {
    return this.#versions.find(wanted);
  }

  /** Counts one encryption. @returns false for a used-up block: then {@link countWhenReserved} */
  count(version: UsableVersion): boolean {
    if (version !== this.#versions.current) return version.budget.take();
    return this.#blocks.count(version.budget);
  }

  /**
   * Waits for the next block and counts one encryption.
   *
   * @throws KeyManagerError `internal` when none can be taken; `exhausted` when none is left and no
   *   new version may be made; `conflict` when a new version has taken over; `deadline`
   */
  countWhenReserved(version: UsableVersion, deadline: Deadline): Promise<void> {
    const reserve = () => this.#reserveFor(version);
    return this.#blocks.countWhenReserved(version.budget, deadline, reserve);
  }

  /**
   * Takes the next block, of a new version where this one is full.
   *
   * @throws KeyManagerError `internal` when that cannot be done; {@link refusal}
   */
  reserve(): Promise<void> {
    return this.#blocks.reserve();
  }

  get countedIn(): string {
    return this.#keyPorts.place.name;
  }

  get mayReserve(): boolean {
    return !this.#isLeaving && !this.isExhausted;
  }

  refusal(): KeyManagerError {
    return this.#isLeaving ? leaving(this.externalKeyId) : exhaustion(this.externalKeyId);
  }

  /** Called by the reservation alone: see {@link reserve}. */
  async takeBlock(): Promise<void> {
    const { place } = this.#keyPorts;
    if (this.isSettling) {
      await place.whenSettled(this.#versions.revision);
      this.settleIfKnown();
      if (this.#versions.current?.budget.isLow === false) return;
    }
    const { current } = this.#versions;
    if (current === undefined) return; // It has lost its material meanwhile.
    if (!this.needsNewVersion && (await this.#take(current, this.#blockSize(current)))) return;
    if (this.isExhausted) throw this.refusal();
    const active = activeVersionOf(this.#versions.document);
    await this.changes.change(rotation(active?.version ?? 0));
  }

  /** Lets the newest version encrypt if every replica knows it by now. */
  settleIfKnown(): void {
    this.#versions.settleIfKnown(this.#keyPorts.place);
  }

  /** The changes of the document. */
  get changes(): Pick<KeyChanges, 'change' | 'follow'> {
    return this.#allChanges;
  }

  /**
   * Removes the document for good, when no block is being taken. The key changes no more from now
   * on, also where that fails.
   *
   * @throws the error of the place
   */
  async remove(): Promise<void> {
    this.#isLeaving = true;
    await this.#reservation?.settle();
    await this.#allChanges.remove();
  }

  /** Begins a version with its first block, or with what is known instead of one. */
  begin({ budget }: UsableVersion, block: DrawnBlock): void {
    // A count that is full, or that nobody knows, is as good as full: a new version takes over.
    const full = { from: this.perVersion, to: this.perVersion };
    const { clock } = this.#keyPorts.ports;
    budget.add(typeof block === 'string' ? full : block, clock.monotonic());
  }

  /** Takes the first block of another replica's version. @throws the error of the place */
  async prepare(): Promise<void> {
    const { newest } = this.#versions;
    if (newest === undefined || newest.budget.left > 0) return;
    await this.#take(newest, this.#keyPorts.place.blockSize(0, 0));
  }

  /** Resolves when no write is under way. */
  async settle(): Promise<void> {
    await this.#reservation?.settle();
  }

  /** Describes the key, for a reader who asks once. */
  describe(): KeyDescription {
    return this.#versions.describe();
  }

  /** Encryptions that a version may make. */
  get perVersion(): number {
    return this.#keyPorts.place.perVersion;
  }

  get #allChanges(): KeyChanges {
    this.#changes ??= new KeyChanges(this.#state, this.#keyPorts);
    return this.#changes;
  }

  /** True where another version takes over unasked: nobody imports so, nor uses the test key. */
  get mayRenew(): boolean {
    if (this.isImported) return false;
    const { mayRenew } = this.#keyPorts.ports;
    return this.externalKeyId === HEALTH_TEST_KEY_ID || (mayRenew?.(this.externalKeyId) ?? true);
  }

  get #blocks(): BlockReservation {
    this.#reservation ??= new BlockReservation(this, this.#keyPorts.ports);
    return this.#reservation;
  }

  /** @throws KeyManagerError `conflict` for a version that encrypts no more */
  #reserveFor(version: UsableVersion): Promise<void> {
    const { current, newest } = this.#versions;
    if (version === current) return this.reserve();
    if (version === newest) return this.prepare();
    throw new KeyManagerError(
      'conflict',
      `version ${version.version} of ${this.externalKeyId} has given way to ` +
        'a new one and may encrypt no more',
    );
  }

  #blockSize({ budget }: UsableVersion): number {
    const { place, ports } = this.#keyPorts;
    return budget.nextBlockSize(place, ports.clock.monotonic());
  }

  /**
   * A count below what was taken here is not the one that was taken from.
   *
   * @returns false where the version has no block left, or nobody knows its count
   */
  async #take(version: UsableVersion, size: number): Promise<boolean> {
    const counted = this.#countedVersion(version);
    const { reserved } = version.budget;
    const block = await this.#keyPorts.place.nextBlock(counted, reserved, size);
    const isKnown = block !== undefined && block.from >= reserved;
    this.begin(version, isKnown ? block : 'count-unknown');
    return isKnown;
  }

  #countedVersion({ version, materialName }: KeyVersion): CountedVersion {
    return { externalKeyId: this.externalKeyId, version: { version, materialName } };
  }
}
