import type { SealingKey } from '../../../sealing/master-key.js';
import { KeyManagerError } from '../../backend.js';
import { EncryptionBudget } from '../../counting/encryption-budget.js';
import { KeptDocument } from './kept-document.js';
import {
  activeVersionOf,
  assertFollows,
  headOf,
  type KeyDocument,
  type StoredVersion,
} from './key-document.js';
import { openVersions, sealDocument } from './key-material.js';
import { leaving } from './key-failures.js';
import type { KeyVersions, UsableVersion, WrittenDocument } from './key-versions.js';
import type { KeyPorts } from './place.js';

/** A key as it was read or has just been made. */
export interface KeyState {
  readonly versions: KeyVersions;
  /** The key under which its document is sealed. */
  readonly sealingKey: SealingKey;
  /** The highest number ever given to a version of this key, whether or not it came to be. */
  readonly highestVersion: number;
}

/** A key as the act sees it that changes it. */
export interface ChangingKey extends KeyState {
  readonly document: KeyDocument;
  readonly keyPorts: KeyPorts;
}

/** The outcome of an act: the versions of the next document. */
export interface DocumentChange {
  readonly versions: readonly StoredVersion[];
  /** A version that is to be used, or used anew, once the document is written. */
  readonly usable?: UsableVersion;
  /** The number of a version whose material is not in the document any more. */
  readonly erased?: number;
}

/**
 * An act on the document of a key.
 *
 * @returns undefined where the act is done already
 */
export type KeyAct = (key: ChangingKey) => Promise<DocumentChange | undefined>;

/**
 * The changes of one key's document. They are done one after the other; where another replica is
 * faster, its document is taken over, and the act looks anew at what there is to do.
 */
export class KeyChanges {
  readonly #versions: KeyVersions;
  readonly #sealingKey: SealingKey;
  readonly #keyPorts: KeyPorts;
  #highestVersion: number;
  /** True once the key is being destroyed: from then on nothing else changes. */
  #isLeaving = false;
  #last: Promise<unknown> = Promise.resolve();
  #underWay = 0;

  constructor({ versions, sealingKey, highestVersion }: KeyState, keyPorts: KeyPorts) {
    this.#versions = versions;
    this.#sealingKey = sealingKey;
    this.#highestVersion = highestVersion;
    this.#keyPorts = keyPorts;
  }

  /** True while a change is made here. */
  get isUnderWay(): boolean {
    return this.#underWay > 0;
  }

  /**
   * Does an act, after those that were begun before.
   *
   * @throws what the act throws, or the error of the place
   */
  change(act: KeyAct): Promise<void> {
    return this.#inTurn(async () => {
      while (!(await this.#attempt(act))) {
        // Another replica was faster: what it has written is in memory now.
      }
    });
  }

  /** Removes the document for good. @throws the error of the place; then it is asked for again */
  remove(): Promise<void> {
    this.#isLeaving = true;
    return this.#inTurn(async () => {
      while (!(await this.#attemptRemoval())) {
        // As above.
      }
    });
  }

  /**
   * Takes over a document that another replica has written. Every version is opened, those in
   * memory, too: what a document says of them is believed because it opens.
   *
   * @throws SealingError; DamagedDocumentError, also for a document that has lost a version
   */
  async follow(written: WrittenDocument): Promise<void> {
    if (written.revision <= this.#versions.revision) return;
    const document = written.document.read();
    assertFollows(document, this.#versions.document);
    const opened = await openVersions(this.#sealingKey, document);
    if (written.revision <= this.#versions.revision) return; // Overtaken by an act of our own.
    const all = opened.map(
      (material) =>
        this.#versions.get(material.version) ?? { ...material, budget: EncryptionBudget.spent(0) },
    );
    this.#versions.adopt(written, all);
    this.#highestVersion = Math.max(this.#highestVersion, document.versions.at(-1)?.version ?? 0);
    this.#versions.settleIfKnown(this.#keyPorts.place);
  }

  /** @returns false where another replica was faster */
  async #attempt(act: KeyAct): Promise<boolean> {
    const { document, revision } = this.#versions;
    if (this.#isLeaving || this.#keyPorts.place.isRemoved(document.externalKeyId)) {
      throw leaving(document.externalKeyId);
    }
    const change = await act({
      document,
      versions: this.#versions,
      sealingKey: this.#sealingKey,
      highestVersion: this.#highestVersion,
      keyPorts: this.#keyPorts,
    });
    if (change === undefined) return true;
    const next = await sealDocument(this.#sealingKey, headOf(document), change.versions);
    this.#highestVersion = Math.max(this.#highestVersion, next.versions.at(-1)?.version ?? 0);
    const { place } = this.#keyPorts;
    const erases = change.erased !== undefined;
    const kept = KeptDocument.of(next);
    const written = await this.#orFollow(() => place.writeDocument(kept, revision, erases));
    if (written === undefined) return false;
    // A document that somebody has written on top of this one has this change, too.
    if (written < this.#versions.revision) return true;
    this.#versions.adopt({ document: kept, revision: written }, this.#changed(change));
    this.#versions.settleIfKnown(this.#keyPorts.place);
    this.#tellOfNewVersion(document, next);
    return true;
  }

  #tellOfNewVersion(before: KeyDocument, { externalKeyId, ...after }: KeyDocument): void {
    const keyVersion = activeVersionOf(after)?.version;
    if (keyVersion === activeVersionOf(before)?.version) return;
    const { log } = this.#keyPorts.ports;
    log.info({ externalKeyId, keyVersion }, `${externalKeyId} has a new version`);
  }

  async #attemptRemoval(): Promise<boolean> {
    const { document, revision } = this.#versions;
    const { place } = this.#keyPorts;
    if (place.isRemoved(document.externalKeyId)) return true;
    const highestVersion = this.#highestVersion;
    const removed = await this.#orFollow(async () => {
      await place.removeDocument({ document, highestVersion }, revision);
      return true;
    });
    return removed ?? place.isRemoved(document.externalKeyId);
  }

  /** The state may have told of the change before: then the version is there, without a block. */
  #changed({ usable, erased }: DocumentChange): readonly UsableVersion[] {
    const others = this.#versions.all.filter(
      ({ version }) => version !== usable?.version && version !== erased,
    );
    const all = usable === undefined ? others : [...others, usable];
    return all.sort((a, b) => a.version - b.version);
  }

  /** @returns undefined where another replica has been faster, and its document is in memory now */
  async #orFollow<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { place } = this.#keyPorts;
    const { revision, externalKeyId } = this.#versions;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof KeyManagerError) || error.code !== 'conflict') throw error;
      await place.caughtUp();
      if (place.isRemoved(externalKeyId)) return undefined;
      if (this.#versions.revision === revision) throw error;
      return undefined;
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    try {
      return await done;
    } finally {
      this.#underWay -= 1;
    }
  }
}
