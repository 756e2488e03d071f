import type { SealingKey } from '../../../sealing/master-key.js';
import { HEALTH_TEST_KEY_ID, type KeyDescription, KeyManagerError } from '../../backend.js';
import { uncountedProblem } from '../../counting/block-reservation.js';
import { isSameId } from '../../key-ids.js';
import { type DamagedKey, damagedDescription } from './damaged-key.js';
import type { ExternalKey } from './external-key.js';
import type { KeyPorts } from './place.js';
import { someAtOnce } from './some-at-once.js';
import { type WantedKey, writeNewKey } from './write-new-key.js';

const RENEWED_AT_ONCE = 4;

/** The keys of a place as they were read. */
export interface LoadedKeys {
  readonly keys: readonly ExternalKey[];
  readonly damaged: readonly DamagedKey[];
}

/** Every key of a place, the damaged ones too. Makes new ones, one at a time. */
export class KeyRing {
  readonly #keyPorts: KeyPorts;
  readonly #sealingKey: SealingKey;
  readonly #keys: Map<string, ExternalKey>;
  /** By the name of the document. */
  readonly #damaged: Map<string, DamagedKey>;
  readonly #beingMade = new Set<string>();
  /** Keys are made and destroyed one after the other. */
  #lastAct: Promise<unknown> = Promise.resolve();
  #isClosing = false;

  /** @param sealingKey the key under which new documents are sealed */
  constructor(loaded: LoadedKeys, sealingKey: SealingKey, keyPorts: KeyPorts) {
    this.#keys = new Map(loaded.keys.map((key) => [key.externalKeyId, key]));
    this.#damaged = new Map(loaded.damaged.map((damaged) => [damaged.documentName, damaged]));
    this.#sealingKey = sealingKey;
    this.#keyPorts = keyPorts;
  }

  get keys(): Iterable<ExternalKey> {
    return this.#keys.values();
  }

  get damaged(): Iterable<DamagedKey> {
    return this.#damaged.values();
  }

  /** The key under which new documents are sealed. */
  get sealingKey(): SealingKey {
    return this.#sealingKey;
  }

  /** True for a key that is being made here, whose block is taken with it. */
  isBeingMade(externalKeyId: string): boolean {
    return this.#beingMade.has(externalKeyId);
  }

  /** The problems of the place, one sentence each, for the health of its node. */
  get problems(): readonly string[] {
    const damaged = [...this.damaged].map((each) => `${each.externalKeyId} (${each.problem})`);
    const uncounted = [...this.keys]
      .filter((key) => key.isCountingFailing)
      .map((key) => key.externalKeyId);
    const problems = [damagedProblem(damaged), uncountedProblem(uncounted)];
    return [...problems.flatMap((problem) => problem ?? []), ...this.#keyPorts.place.problems];
  }

  /** The hot path: two calls a request. */
  find(externalKeyId: string): ExternalKey | undefined {
    return this.#keys.get(externalKeyId);
  }

  /** Describes a damaged key. @returns undefined where no damaged document is of this key */
  describeDamaged(externalKeyId: string): KeyDescription | undefined {
    const { place } = this.#keyPorts;
    const name = place.documentNameOf(externalKeyId);
    const isDamaged =
      this.#damaged.has(name) ||
      [...this.damaged].some((damaged) => place.documentNameOf(damaged.externalKeyId) === name);
    return isDamaged ? damagedDescription(externalKeyId) : undefined;
  }

  /** Takes in a key that another replica has made, or has mended. */
  add(documentName: string, key: ExternalKey): void {
    this.#damaged.delete(documentName);
    this.#keys.set(key.externalKeyId, key);
  }

  /** Takes in a document that cannot be trusted. A key that is in memory goes on being used. */
  addDamaged(damaged: DamagedKey): void {
    this.#damaged.set(damaged.documentName, damaged);
  }

  /** Forgets a key whose document was removed. */
  remove(documentName: string): void {
    this.#damaged.delete(documentName);
    for (const id of this.#keys.keys()) {
      if (this.#keyPorts.place.documentNameOf(id) === documentName) this.#keys.delete(id);
    }
  }

  /**
   * Finds a key, of another replica too.
   *
   * @throws KeyManagerError `key-not-found`, `corrupt` for a damaged document, `unreachable`
   */
  async known(externalKeyId: string): Promise<ExternalKey> {
    const key = await this.knownIfThere(externalKeyId);
    if (key !== undefined) return key;
    throw new KeyManagerError('key-not-found', `there is no key ${externalKeyId}`);
  }

  /**
   * Makes a key, with its first version if its material is generated.
   *
   * @throws KeyManagerError `conflict` for an id that is taken in the place, `corrupt` where a
   *   damaged document has it, `internal` when it cannot be written
   */
  create(wanted: WantedKey): Promise<ExternalKey> {
    return this.#inTurn(async () => {
      await this.#assertFree(wanted.externalKeyId);
      return this.#create(wanted);
    });
  }

  /**
   * Destroys a key: its document, and what is in memory, here and on every live replica. Does
   * nothing where that is done.
   *
   * @throws KeyManagerError `corrupt` for a damaged document, `unreachable`; the error of the place
   */
  destroy(externalKeyId: string): Promise<void> {
    return this.#inTurn(async () => {
      const key = await this.knownIfThere(externalKeyId);
      await key?.remove();
      this.#keys.delete(externalKeyId);
      await this.#keyPorts.place.assertErased(externalKeyId);
    });
  }

  /**
   * Reads back that a version has no material any more, and sees to it that no live replica has it.
   *
   * @throws KeyManagerError `internal`, `unreachable`
   */
  async assertErased(key: ExternalKey, version: number): Promise<void> {
    const { place } = this.#keyPorts;
    const { externalKeyId, written } = key;
    const stored = await place.storedDocument(externalKeyId);
    if (stored?.versions.some((each) => each.version === version && each.material !== undefined)) {
      const message = `version ${version} of ${externalKeyId} is still in its document`;
      throw new KeyManagerError('internal', message);
    }
    await place.assertErased(externalKeyId, written.revision);
  }

  /** Waits until every replica knows the document of a key, as long as that may take. */
  async whenSettled(key: ExternalKey): Promise<void> {
    try {
      await this.#keyPorts.place.whenSettled(key.written.revision);
      key.settleIfKnown();
    } catch (error) {
      // Written it is: the new version encrypts when all know it.
      if (!(error instanceof KeyManagerError)) throw error;
    }
  }

  /** Waits until every replica knows the new versions that there are by now. */
  async allSettled(): Promise<void> {
    const settling = [...this.keys].filter(({ isSettling }) => isSettling);
    await Promise.all(settling.map((key) => this.whenSettled(key)));
  }

  /** Makes the health-test key where there is none. @throws as {@link create} */
  async makeHealthTestKey(): Promise<void> {
    if (this.find(HEALTH_TEST_KEY_ID) ?? this.describeDamaged(HEALTH_TEST_KEY_ID)) return;
    const usage = new Set(['ENCRYPT', 'DECRYPT'] as const);
    await this.create({ externalKeyId: HEALTH_TEST_KEY_ID, usage, origin: 'generated' });
  }

  /**
   * Gives a new version to every key whose count is full or unknown, and a block to one whose
   * counting fails, as far as they may have it: first to those that have least left. Few at once:
   * whoever needs one now gets it between.
   *
   * @param mayGoOn asked before each key
   * @throws the first failure, after all were tried; the key has logged it and its health shows it
   */
  async renewVersions(mayGoOn: () => boolean = () => true): Promise<void> {
    const failures: unknown[] = [];
    const renew = async (key: ExternalKey) => {
      if (!key.isShort || this.#isClosing || !mayGoOn()) return;
      await key.reserve().catch((error: unknown) => failures.push(error));
    };
    const short = this.#keysFromAnywhere().filter((key) => key.isShort);
    short.sort((a, b) => a.encryptionsLeft - b.encryptionsLeft);
    await someAtOnce(short, renew, RENEWED_AT_ONCE);
    if (failures.length > 0) throw failures[0];
  }

  /** Renews no more versions. Resolves when no write is under way. */
  async settle(): Promise<void> {
    this.#isClosing = true;
    await this.#lastAct;
    for (const key of this.keys) await key.settle();
  }

  /** Two replicas that begin at different keys share the work. */
  #keysFromAnywhere(): readonly ExternalKey[] {
    const keys = [...this.keys];
    const from = this.#keyPorts.ports.randomBytes(4).readUInt32BE() % Math.max(1, keys.length);
    return [...keys.slice(from), ...keys.slice(0, from)];
  }

  /** The same for a key that may not be there. @throws KeyManagerError `corrupt`, `unreachable` */
  async knownIfThere(externalKeyId: string): Promise<ExternalKey | undefined> {
    const known = this.find(externalKeyId);
    if (known !== undefined) return known;
    await this.#keyPorts.place.refresh();
    const key = this.find(externalKeyId);
    if (key === undefined && this.describeDamaged(externalKeyId) !== undefined) {
      throw new KeyManagerError(
        'corrupt',
        `the document of ${externalKeyId} is damaged, and left as it is; restore it from a backup first`,
      );
    }
    return key;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastAct.then(work);
    this.#lastAct = done.catch(() => undefined);
    return done;
  }

  async #assertFree(externalKeyId: string): Promise<void> {
    for (const damaged of this.damaged) {
      if (isSameId(damaged.externalKeyId, externalKeyId)) {
        throw new KeyManagerError(
          'corrupt',
          `${externalKeyId} is taken by a damaged document, ${damaged.documentName}, which is left as it is; restore it from a backup, or choose another id`,
        );
      }
    }
    const occupant = await this.#keyPorts.place.occupant(externalKeyId);
    if (occupant !== undefined) throw new KeyManagerError('conflict', occupant);
  }

  async #create(wanted: WantedKey): Promise<ExternalKey> {
    const { externalKeyId } = wanted;
    this.#beingMade.add(externalKeyId);
    try {
      const key = await writeNewKey(wanted, this.#sealingKey, this.#keyPorts);
      // Another replica may have given it a new version by now, which is in memory already.
      const known = this.#keys.get(externalKeyId);
      if (known !== undefined && known.written.revision > key.written.revision) return known;
      this.#keys.set(externalKeyId, key);
      return key;
    } catch (cause) {
      if (cause instanceof KeyManagerError) throw cause;
      throw new KeyManagerError('internal', `${externalKeyId} cannot be written`, { cause });
    } finally {
      this.#beingMade.delete(externalKeyId);
    }
  }
}

function damagedProblem(externalKeyIds: readonly string[]): string | undefined {
  if (externalKeyIds.length === 0) return undefined;
  return `damaged key documents: ${externalKeyIds.join(', ')}`;
}
