import { type KeyDescription, KeyManagerError, type KeyVersion } from '../../backend.js';
import type { EncryptionBudget } from '../../counting/encryption-budget.js';
import type { KeyDocument } from './key-document.js';
import type { VersionMaterial } from './key-material.js';

/** A version with its material and what is left of its blocks. */
export interface UsableVersion extends VersionMaterial {
  readonly budget: EncryptionBudget;
}

/** A document, and the revision at which it was written: 0 where the place has no revisions. */
export interface WrittenDocument {
  readonly document: KeyDocument;
  readonly revision: number;
}

/** The versions of one key, as its document has them, with their material. */
export class KeyVersions {
  #versions = new Map<number, UsableVersion>();
  #written: WrittenDocument;
  #newest: UsableVersion | undefined;
  #current: UsableVersion | undefined;
  #description: KeyDescription;

  /**
   * @param versions those of the document whose material is there, in its order
   * @param current the version that encrypts; undefined where none does
   */
  constructor(
    written: WrittenDocument,
    versions: readonly UsableVersion[],
    current: UsableVersion | undefined = newestOf(written, versions),
  ) {
    for (const version of versions) this.#versions.set(version.version, version);
    this.#written = written;
    this.#newest = newestOf(written, versions);
    this.#current = current;
    this.#description = this.#describe();
  }

  get document(): KeyDocument {
    return this.#written.document;
  }

  /** The revision of the document. */
  get revision(): number {
    return this.#written.revision;
  }

  /** The version that encrypts. */
  get current(): UsableVersion | undefined {
    return this.#current;
  }

  /** The newest version, which other replicas may not know yet; undefined without material. */
  get newest(): UsableVersion | undefined {
    return this.#newest;
  }

  /** Made once, not once a request: the same object until the key changes. */
  get description(): KeyDescription {
    return this.#description;
  }

  /** Every version whose material is there, in the order of their numbers. */
  get all(): readonly UsableVersion[] {
    return [...this.#versions.values()];
  }

  /** The version of this number, if its material is there. */
  get(version: number): UsableVersion | undefined {
    return this.#versions.get(version);
  }

  /** @throws KeyManagerError `version-not-found` for an unknown number, or one of other material */
  find(wanted: KeyVersion): UsableVersion {
    const found = this.#versions.get(wanted.version);
    if (found?.materialName.equals(wanted.materialName)) return found;
    throw new KeyManagerError('version-not-found', this.#absenceOf(wanted, found));
  }

  /**
   * Takes over a document that is written by now. The newest version does not encrypt before
   * {@link settle}.
   */
  adopt(written: WrittenDocument, versions: readonly UsableVersion[]): void {
    this.#written = written;
    this.#versions = new Map(versions.map((version) => [version.version, version]));
    this.#newest = newestOf(written, versions);
    if (this.#current !== undefined) this.#current = this.#versions.get(this.#current.version);
    this.#description = this.#describe();
  }

  /** Lets the newest version encrypt: every replica knows it. */
  settle(): void {
    this.#current = this.#newest;
    this.#description = this.#describe();
  }

  #absenceOf({ version, materialName }: KeyVersion, found: UsableVersion | undefined): string {
    const { externalKeyId, versions } = this.document;
    if (found !== undefined) {
      const [has, wants] = [found.materialName, materialName].map((name) => name.toString('hex'));
      return `version ${version} of ${externalKeyId} is other material (${has}, not ${wants})`;
    }
    const isKnown = versions.some((stored) => stored.version === version);
    return isKnown
      ? `the material of version ${version} of ${externalKeyId} is not there`
      : `${externalKeyId} has no version ${version}`;
  }

  #describe(): KeyDescription {
    const versions = new Map<number, KeyVersion>();
    for (const { version, materialName } of this.#versions.values()) {
      versions.set(version, { version, materialName });
    }
    return {
      externalKeyId: this.document.externalKeyId,
      usage: new Set(this.document.usage),
      enabled: true,
      current: this.#current && versions.get(this.#current.version),
      versions,
    };
  }
}

/** A newest version without material lets no older one encrypt in its place. */
function newestOf(
  { document }: WrittenDocument,
  versions: readonly UsableVersion[],
): UsableVersion | undefined {
  const newest = document.versions.at(-1)?.version;
  return versions.find(({ version }) => version === newest);
}
