import {
  type KeyDescription,
  KeyManagerError,
  type KeyUsage,
  type KeyVersion,
} from '../../backend.js';
import type { EncryptionBudget } from '../../counting/encryption-budget.js';
import { activeVersionOf, type KeyDocument } from './key-document.js';
import type { KeptDocument } from './kept-document.js';
import type { VersionMaterial } from './key-material.js';
import type { KeyPlace } from './place.js';

/** A version with its material and what is left of its blocks. */
export interface UsableVersion extends VersionMaterial {
  readonly budget: EncryptionBudget;
}

/**
 * Gives material a budget. Its fields stand here one by one, because Node 20 gives every object
 * that is made by spreading a shape of its own: 200 bytes for each of thousands of keys.
 */
export function usable(
  { version, materialName, key }: VersionMaterial,
  budget: EncryptionBudget,
): UsableVersion {
  return { version, materialName, key, budget };
}

/** A document, and the revision at which it was written: 0 where the place has no revisions. */
export interface WrittenDocument {
  readonly document: KeptDocument;
  readonly revision: number;
}

/**
 * The versions of one key, as its document has them, with their material. There are thousands of
 * keys, most of them with one version and seldom used: what is made of the rest is made at use.
 */
export class KeyVersions {
  /** The id of the key. */
  readonly externalKeyId: string;
  readonly #usage: ReadonlySet<KeyUsage>;
  /** In the order of their numbers: few, so that looking through them is as fast as a map. */
  #versions: readonly UsableVersion[];
  #written: WrittenDocument;
  #newest: UsableVersion | undefined;
  #current: UsableVersion | undefined;
  #description: KeyDescription | undefined;

  /**
   * @param versions those of the document whose material is there, in its order
   * @param current the version that encrypts; without it, the newest
   */
  constructor(
    written: WrittenDocument,
    versions: readonly UsableVersion[],
    current?: UsableVersion,
  ) {
    const document = written.document.read();
    this.externalKeyId = document.externalKeyId;
    this.#usage = usageOf(document);
    this.#versions = versions;
    this.#written = written;
    this.#newest = newestOf(document, versions);
    this.#current = current ?? this.#newest;
  }

  /** The document, read from its text. */
  get document(): KeyDocument {
    return this.#written.document.read();
  }

  /** The document as it is kept, and its revision. */
  get written(): WrittenDocument {
    return this.#written;
  }

  /** The revision of the document. */
  get revision(): number {
    return this.#written.revision;
  }

  /** The version that encrypts. */
  get current(): UsableVersion | undefined {
    return this.#current;
  }

  /** The version that is to encrypt, which other replicas may not know yet; see {@link current}. */
  get newest(): UsableVersion | undefined {
    return this.#newest;
  }

  /** Made at first use, not once a request: the same object until the key changes. */
  get description(): KeyDescription {
    this.#description ??= this.describe();
    return this.#description;
  }

  /** The version that encrypts and the one that will: one or both, where the key encrypts. */
  get encrypting(): readonly UsableVersion[] {
    const both = this.#current === this.#newest ? [this.#newest] : [this.#current, this.#newest];
    return both.flatMap((version) => version ?? []);
  }

  /** Every version whose material is there, in the order of their numbers. */
  get all(): readonly UsableVersion[] {
    return this.#versions;
  }

  /** The version of this number, if its material is there. */
  get(version: number): UsableVersion | undefined {
    return this.#versions.findLast((each) => each.version === version);
  }

  /** @throws KeyManagerError `version-not-found` for an unknown number, or one of other material */
  find(wanted: KeyVersion): UsableVersion {
    const found = this.get(wanted.version);
    if (found?.materialName.equals(wanted.materialName)) return found;
    throw new KeyManagerError('version-not-found', this.#absenceOf(wanted, found));
  }

  /**
   * Takes over a document that is written by now. The newest version does not encrypt before
   * {@link settleIfKnown}.
   */
  adopt(written: WrittenDocument, versions: readonly UsableVersion[]): void {
    this.#written = written;
    this.#versions = versions;
    this.#newest = newestOf(written.document.read(), versions);
    if (this.#current !== undefined) this.#current = this.get(this.#current.version);
    this.#description = undefined;
  }

  /** Lets the newest version encrypt if every replica knows it by now. */
  settleIfKnown(place: Pick<KeyPlace, 'isSettled'>): void {
    if (this.#current === this.#newest || !place.isSettled(this.revision)) return;
    this.#current = this.#newest;
    this.#description = undefined;
  }

  /** Describes the key, for a reader who asks once. */
  describe(): KeyDescription {
    const versions = new Map<number, KeyVersion>();
    for (const { version, materialName } of this.#versions) {
      versions.set(version, { version, materialName });
    }
    return {
      externalKeyId: this.externalKeyId,
      usage: this.#usage,
      enabled: true,
      current: this.#current && versions.get(this.#current.version),
      versions,
    };
  }

  #absenceOf({ version, materialName }: KeyVersion, found: UsableVersion | undefined): string {
    const { externalKeyId } = this;
    if (found !== undefined) {
      const [has, wants] = [found.materialName, materialName].map((name) => name.toString('hex'));
      return `version ${version} of ${externalKeyId} is other material (${has}, not ${wants})`;
    }
    const isKnown = this.document.versions.some((stored) => stored.version === version);
    return isKnown
      ? `the material of version ${version} of ${externalKeyId} is not there`
      : `${externalKeyId} has no version ${version}`;
  }
}

/**
 * Finds the version that encrypts once every replica knows it: not one that waits. One that has
 * lost its material lets no older one encrypt in its place.
 */
function newestOf(
  document: KeyDocument,
  versions: readonly UsableVersion[],
): UsableVersion | undefined {
  const newest = activeVersionOf(document)?.version;
  return versions.find(({ version }) => version === newest);
}

const USAGES: ReadonlyMap<string, ReadonlySet<KeyUsage>> = new Map(
  ([[], ['ENCRYPT'], ['DECRYPT'], ['ENCRYPT', 'DECRYPT']] as const).map((usage) => [
    usage.join(),
    new Set<KeyUsage>(usage),
  ]),
);

/** One set for all keys of the same usage. */
function usageOf({ usage }: KeyDocument): ReadonlySet<KeyUsage> {
  return USAGES.get(usage.join()) ?? new Set(usage);
}
