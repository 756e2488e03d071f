import type { MasterKey, SealingKey } from '../../sealing/master-key.js';
import { isExternalKeyId } from '../../xks/external-key-id.js';
import {
  HEALTH_TEST_KEY_ID,
  type KeyDescription,
  KeyManagerError,
  type KeyUsage,
} from '../backend.js';
import { type DamagedKey, damagedDescription } from './damaged-key.js';
import type { ExternalKey, KeyPorts } from './external-key.js';
import { fileNameOf } from '../counting/key-names.js';
import { type LoadedFolder, loadFolder } from './load-folder.js';
import { writeNewKey } from './write-new-key.js';

/**
 * Every key of the folder, the damaged ones too. Makes new ones, one at a time.
 */
export class KeyRing {
  readonly #keyPorts: KeyPorts;
  readonly #sealingKey: SealingKey;
  readonly #keys: Map<string, ExternalKey>;
  readonly #damaged: readonly DamagedKey[];
  readonly #damagedFileNames: ReadonlySet<string>;
  #lastCreation: Promise<unknown> = Promise.resolve();

  private constructor(loaded: LoadedFolder, sealingKey: SealingKey, keyPorts: KeyPorts) {
    this.#keys = new Map(loaded.keys.map((key) => [key.description.externalKeyId, key]));
    this.#damaged = loaded.damaged;
    this.#damagedFileNames = new Set(
      loaded.damaged.flatMap(({ fileName, externalKeyId }) => [
        fileName,
        fileNameOf(externalKeyId),
      ]),
    );
    this.#sealingKey = sealingKey;
    this.#keyPorts = keyPorts;
  }

  /**
   * Reads the folder, gives a new version to every key whose count is full or unknown, and makes
   * the health-test key where there is none.
   *
   * @throws KeyManagerError `misconfigured` when there are documents and none of them opens
   */
  static async load(masterKey: MasterKey, keyPorts: KeyPorts): Promise<KeyRing> {
    const ring = await KeyRing.read(masterKey, keyPorts);
    await ring.#renewVersions();
    await ring.#makeHealthTestKey();
    return ring;
  }

  /**
   * Reads the folder and leaves every key as it is.
   *
   * @throws KeyManagerError `misconfigured` when there are documents and none of them opens
   */
  static async read(masterKey: MasterKey, keyPorts: KeyPorts): Promise<KeyRing> {
    const loaded = await loadFolder(masterKey, keyPorts);
    const sealingKey = loaded.keys[0]?.sealingKey ?? (await masterKey.create());
    return new KeyRing(loaded, sealingKey, keyPorts);
  }

  get keys(): Iterable<ExternalKey> {
    return this.#keys.values();
  }

  get damaged(): Iterable<DamagedKey> {
    return this.#damaged;
  }

  /** The problems of the folder, one sentence each, for the health of its node. */
  get problems(): readonly string[] {
    const damaged = this.#damaged.map(({ externalKeyId }) => externalKeyId);
    const uncounted = [...this.keys]
      .filter((key) => key.isCountingFailing)
      .map((key) => key.description.externalKeyId);
    return [
      ...problem('damaged key documents', damaged),
      ...problem('encryptions cannot be counted, so Encrypt fails or will', uncounted),
    ];
  }

  /** The hot path: two calls a request. */
  find(externalKeyId: string): ExternalKey | undefined {
    return this.#keys.get(externalKeyId);
  }

  /** @throws KeyManagerError `key-not-found`; never for a key whose document is damaged */
  describe(externalKeyId: string): KeyDescription {
    const key = this.#keys.get(externalKeyId);
    if (key !== undefined) return key.description;
    if (this.#damagedFileNames.has(fileNameOf(externalKeyId)))
      return damagedDescription(externalKeyId);
    throw new KeyManagerError('key-not-found', `there is no key ${externalKeyId}`);
  }

  /**
   * Makes a key with its first version.
   *
   * @throws KeyManagerError `unsupported` for an id outside the alphabet, `conflict` for one that
   *   is taken (also by another case, also on disk alone), `corrupt` where a damaged document has
   *   it, `internal` when it cannot be written
   */
  create(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<ExternalKey> {
    const creation = this.#lastCreation.then(async () => {
      await this.#assertFree(externalKeyId);
      return this.#create(externalKeyId, usage);
    });
    this.#lastCreation = creation.catch(() => undefined);
    return creation;
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
          `${externalKeyId} is taken by a damaged document, ${damaged.fileName}, which is left as it is; restore it from a backup, or choose another id`,
        );
      }
    }
    if (await this.#keyPorts.folder.hasDocument(externalKeyId)) {
      throw new KeyManagerError(
        'conflict',
        `a document of ${externalKeyId} has come into the folder since the start; start again to read it`,
      );
    }
  }

  async #create(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<ExternalKey> {
    try {
      const key = await writeNewKey({ externalKeyId, usage }, this.#sealingKey, this.#keyPorts);
      this.#keys.set(externalKeyId, key);
      return key;
    } catch (cause) {
      throw new KeyManagerError('internal', `${externalKeyId} cannot be written`, { cause });
    }
  }

  async #renewVersions(): Promise<void> {
    for (const key of this.keys) {
      if (!key.needsNewVersion) continue;
      await key.reserve().catch(() => {
        // Logged by the key, and shown in the health; decryption goes on without a new version.
      });
    }
  }

  async #makeHealthTestKey(): Promise<void> {
    const isDamaged = this.#damagedFileNames.has(fileNameOf(HEALTH_TEST_KEY_ID));
    if (this.#keys.has(HEALTH_TEST_KEY_ID) || isDamaged) return;
    await this.create(HEALTH_TEST_KEY_ID, new Set(['ENCRYPT', 'DECRYPT']));
  }
}

function problem(what: string, externalKeyIds: readonly string[]): string[] {
  return externalKeyIds.length === 0 ? [] : [`${what}: ${externalKeyIds.join(', ')}`];
}
