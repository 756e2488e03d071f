import {
  HEALTH_TEST_KEY_ID,
  type KeyDescription,
  KeyManagerError,
  type KeyUsage,
} from '../backend.js';
import type { MasterKey, SealingKey } from '../../sealing/master-key.js';
import { EncryptionBudget } from './encryption-budget.js';
import { ExternalKey, type KeySurroundings } from './external-key.js';
import type { KeyDocument } from './key-document.js';
import { makeVersion } from './key-material.js';
import { fileNameOf, isExternalKeyId } from './key-names.js';
import { type DamagedKey, type LoadedFolder, loadFolder } from './load-folder.js';

/**
 * Every key of the folder: the sound ones by id, the damaged ones by the name of their file. Makes
 * new ones, one at a time.
 */
export class KeyRing {
  readonly #surroundings: KeySurroundings;
  readonly #sealingKey: SealingKey;
  readonly #keys: Map<string, ExternalKey>;
  readonly #damaged: ReadonlyMap<string, DamagedKey>;
  #lastCreation: Promise<unknown> = Promise.resolve();

  private constructor(loaded: LoadedFolder, sealingKey: SealingKey, surroundings: KeySurroundings) {
    this.#keys = new Map(loaded.keys.map((key) => [key.description.externalKeyId, key]));
    this.#damaged = new Map(loaded.damaged.map((key) => [key.fileName, key]));
    this.#sealingKey = sealingKey;
    this.#surroundings = surroundings;
  }

  /**
   * Reads the folder, gives a new version to every key whose count is full or unknown, and makes
   * the health-test key where there is none.
   *
   * @throws KeyManagerError `misconfigured` when there are documents and none of them opens
   */
  static async load(masterKey: MasterKey, surroundings: KeySurroundings): Promise<KeyRing> {
    const loaded = await loadFolder(masterKey, surroundings);
    const sealingKey = loaded.keys[0]?.sealingKey ?? (await masterKey.create());
    const ring = new KeyRing(loaded, sealingKey, surroundings);
    await ring.#renewVersions();
    await ring.#makeHealthTestKey();
    return ring;
  }

  get keys(): Iterable<ExternalKey> {
    return this.#keys.values();
  }

  get damaged(): Iterable<DamagedKey> {
    return this.#damaged.values();
  }

  /** The hot path: two calls a request. */
  find(externalKeyId: string): ExternalKey | undefined {
    return this.#keys.get(externalKeyId);
  }

  /** @throws KeyManagerError `key-not-found`; never for a key whose document is there, but damaged */
  describe(externalKeyId: string): KeyDescription {
    const key = this.#keys.get(externalKeyId);
    if (key !== undefined) return key.description;
    if (this.#damaged.has(fileNameOf(externalKeyId))) return damagedDescription(externalKeyId);
    throw new KeyManagerError('key-not-found', `there is no key ${externalKeyId}`);
  }

  /**
   * Makes a key with its first version. The counter file is written before the document: a key
   * that can be seen has one. A crash in between leaves a counter file alone, whose version number
   * the next attempt does not use again.
   *
   * @throws KeyManagerError `unsupported` for an id outside the alphabet, `conflict` for one that is
   *   taken (also by another case, also on disk alone), `corrupt` where a damaged document has it,
   *   `internal` when it cannot be written
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
          `${externalKeyId} is taken by a damaged document, ${damaged.fileName}, which is left as it is`,
        );
      }
    }
    if (await this.#surroundings.folder.hasDocument(externalKeyId)) {
      throw new KeyManagerError(
        'conflict',
        `a document of ${externalKeyId} has come into the folder since the start; start again to read it`,
      );
    }
  }

  async #create(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<ExternalKey> {
    try {
      const key = await this.#write(externalKeyId, usage);
      this.#keys.set(externalKeyId, key);
      return key;
    } catch (cause) {
      throw new KeyManagerError('internal', `${externalKeyId} cannot be written`, { cause });
    }
  }

  async #write(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<ExternalKey> {
    const { folder, ports, limits } = this.#surroundings;
    const createdAt = new Date(ports.clock.now());
    const orphan = await folder.readCounter(externalKeyId);
    const head = {
      format: 1,
      externalKeyId,
      usage: inDocumentOrder(usage),
      createdAt: createdAt.toISOString(),
      sealing: { masterKeyId: this.#sealingKey.id, scrypt: this.#sealingKey.scrypt },
    } as const;
    const { stored, material } = await makeVersion(this.#sealingKey, head, {
      version: (orphan?.version ?? 0) + 1,
      createdAt,
      randomBytes: ports.randomBytes,
    });
    const { version, materialName } = stored;
    const document = { ...head, versions: [stored] };
    await folder.writeCounter({
      format: 1,
      externalKeyId,
      version,
      materialName,
      reserved: limits.blockSize,
    });
    await folder.writeDocument(document);
    const budget = EncryptionBudget.fresh(limits.blockSize);
    return new ExternalKey(
      {
        document,
        sealingKey: this.#sealingKey,
        versions: [{ ...material, budget }],
        highestVersion: version,
      },
      this.#surroundings,
    );
  }

  async #renewVersions(): Promise<void> {
    const due = [...this.keys].filter((key) => key.needsNewVersion);
    // A failure is logged and shows in the health; decryption needs no new version.
    await Promise.allSettled(due.map((key) => key.reserve()));
  }

  async #makeHealthTestKey(): Promise<void> {
    const fileName = fileNameOf(HEALTH_TEST_KEY_ID);
    if (this.#keys.has(HEALTH_TEST_KEY_ID) || this.#damaged.has(fileName)) return;
    await this.create(HEALTH_TEST_KEY_ID, new Set(['ENCRYPT', 'DECRYPT']));
  }
}

/** A damaged key as everybody but an administrator sees it: there, and disabled. */
export function damagedDescription(externalKeyId: string): KeyDescription {
  return {
    externalKeyId,
    usage: new Set(),
    enabled: false,
    current: undefined,
    versions: new Map(),
  };
}

function inDocumentOrder(usage: ReadonlySet<KeyUsage>): KeyDocument['usage'] {
  if (usage.has('ENCRYPT')) return usage.has('DECRYPT') ? ['ENCRYPT', 'DECRYPT'] : ['ENCRYPT'];
  return usage.has('DECRYPT') ? ['DECRYPT'] : [];
}
