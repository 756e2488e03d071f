import { invariant } from '../../shared/assert.js';
import { type KeyDescription, KeyManagerError, type KeyVersion } from '../backend.js';
import type { EncryptionBudget } from '../counting/encryption-budget.js';
import type { KeyDocument } from './key-document.js';
import type { VersionMaterial } from './key-material.js';

/** A version with its material and what is left of its reservation. */
export interface UsableVersion extends VersionMaterial {
  readonly budget: EncryptionBudget;
}

/** The versions of one key, as its document has them, with their material. */
export class KeyVersions {
  readonly #versions = new Map<number, UsableVersion>();
  #document: KeyDocument;
  #current: UsableVersion;
  #description: KeyDescription;

  /** @param versions those of the document, in its order: the last one is current */
  constructor(document: KeyDocument, versions: readonly UsableVersion[]) {
    const current = versions.at(-1);
    invariant(current !== undefined, 'a key has at least one version');
    for (const version of versions) this.#versions.set(version.version, version);
    this.#document = document;
    this.#current = current;
    this.#description = this.#describe();
  }

  get document(): KeyDocument {
    return this.#document;
  }

  get current(): UsableVersion {
    return this.#current;
  }

  /** Made once, not once a request: the same object until the key gets a new version. */
  get description(): KeyDescription {
    return this.#description;
  }

  /** @throws KeyManagerError `version-not-found` for an unknown number, or one of other material */
  find(wanted: KeyVersion): UsableVersion {
    const found = this.#versions.get(wanted.version);
    if (found?.materialName.equals(wanted.materialName)) return found;
    const { externalKeyId } = this.#document;
    throw new KeyManagerError(
      'version-not-found',
      found === undefined
        ? `${externalKeyId} has no version ${wanted.version}`
        : `version ${wanted.version} of ${externalKeyId} is other material ` +
            `(${found.materialName.toString('hex')}, not ${wanted.materialName.toString('hex')})`,
    );
  }

  /** Makes a version current that is in its document on disk by now. */
  adopt(document: KeyDocument, version: UsableVersion): void {
    this.#document = document;
    this.#current = version;
    this.#versions.set(version.version, version);
    this.#description = this.#describe();
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
