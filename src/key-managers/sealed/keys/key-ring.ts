import type { SealingKey } from '../../../sealing/master-key.js';
import { isExternalKeyId } from '../../../xks/external-key-id.js';
import {
  HEALTH_TEST_KEY_ID,
  type KeyDescription,
  KeyManagerError,
  type KeyUsage,
} from '../../backend.js';
import { type DamagedKey, damagedDescription } from './damaged-key.js';
import type { ExternalKey } from './external-key.js';
import type { KeyPorts } from './place.js';
import { writeNewKey } from './write-new-key.js';

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
  #lastCreation: Promise<unknown> = Promise.resolve();

  /** @param sealingKey the key under which new documents are sealed */
  constructor(loaded: LoadedKeys, sealingKey: SealingKey, keyPorts: KeyPorts) {
    this.#keys = new Map(loaded.keys.map((key) => [key.description.externalKeyId, key]));
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

  /** The problems of the place, one sentence each, for the health of its node. */
  get problems(): readonly string[] {
    const damaged = [...this.damaged].map(({ externalKeyId }) => externalKeyId);
    const uncounted = [...this.keys]
      .filter((key) => key.isCountingFailing)
      .map((key) => key.description.externalKeyId);
    return [
      ...problem('damaged key documents', damaged),
      ...problem('encryptions cannot be counted, so Encrypt fails or will', uncounted),
      ...this.#keyPorts.place.problems,
    ];
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
    this.#keys.set(key.description.externalKeyId, key);
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
   * Makes a key with its first version.
   *
   * @throws KeyManagerError `unsupported` for an id outside the alphabet, `conflict` for one that
   *   is taken (also by another case, also in the place alone), `corrupt` where a damaged document
   *   has it, `internal` when it cannot be written
   */
  create(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<ExternalKey> {
    const creation = this.#lastCreation.then(async () => {
      await this.#assertFree(externalKeyId);
      return this.#create(externalKeyId, usage);
    });
    this.#lastCreation = creation.catch(() => undefined);
    return creation;
  }

  /** Makes the health-test key where there is none. @throws as {@link create} */
  async makeHealthTestKey(): Promise<void> {
    if (this.find(HEALTH_TEST_KEY_ID) ?? this.describeDamaged(HEALTH_TEST_KEY_ID)) return;
    await this.create(HEALTH_TEST_KEY_ID, new Set(['ENCRYPT', 'DECRYPT']));
  }

  /** Gives a new version to every key whose count is full or unknown. */
  async renewVersions(): Promise<void> {
    for (const key of this.keys) {
      if (!key.needsNewVersion) continue;
      await key.reserve().catch(() => {
        // Logged by the key, and shown in the health; decryption goes on without a new version.
      });
    }
  }

  /** Resolves when no write is under way. */
  async settle(): Promise<void> {
    await this.#lastCreation;
    for (const key of this.keys) await key.settle();
  }

  async #assertFree(externalKeyId: string): Promise<void> {
    if (!isExternalKeyId(externalKeyId)) {
      throw new KeyManagerError(
        'unsupported',
        'an external key id is 1 to 128 of A-Z, a-z, 0-9, ".", "_" and "-", and not "." or ".."',
      );
    }
    const lowercased = externalKeyId.toLowerCase();
    for (const id of this.#keys.keys()) {
      if (id.toLowerCase() === lowercased) {
        throw new KeyManagerError('conflict', `${externalKeyId} is taken by the key ${id}`);
      }
    }
    for (const damaged of this.damaged) {
      if (damaged.externalKeyId.toLowerCase() === lowercased) {
        throw new KeyManagerError(
          'corrupt',
          `${externalKeyId} is taken by a damaged document, ${damaged.documentName}, which is left as it is; restore it from a backup, or choose another id`,
        );
      }
    }
    const occupant = await this.#keyPorts.place.occupant(externalKeyId);
    if (occupant !== undefined) throw new KeyManagerError('conflict', occupant);
  }

  async #create(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<ExternalKey> {
    try {
      const key = await writeNewKey({ externalKeyId, usage }, this.#sealingKey, this.#keyPorts);
      // Another replica may have given it a new version by now, which is in memory already.
      const known = this.#keys.get(externalKeyId);
      if (known !== undefined && known.written.revision > key.written.revision) return known;
      this.#keys.set(externalKeyId, key);
      return key;
    } catch (cause) {
      if (cause instanceof KeyManagerError) throw cause;
      throw new KeyManagerError('internal', `${externalKeyId} cannot be written`, { cause });
    }
  }
}

function problem(what: string, externalKeyIds: readonly string[]): string[] {
  return externalKeyIds.length === 0 ? [] : [`${what}: ${externalKeyIds.join(', ')}`];
}
