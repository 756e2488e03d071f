import type { Clock } from '../shared/clock.js';
import type { StateDocument } from '../state/collection.js';
import type { Collection } from '../state/state.js';
import { type AliasRecord, documentIdOf, type IdRecord, type KeyRecord } from './record.js';
import type { KeyState } from './states.js';
import {
  type AliasStanding,
  AS_FOUND,
  type KeyStanding,
  type KeyStandings,
  type RetiredStanding,
} from './standing.js';
import { standingOf } from './standing-of.js';

/** A record, and the revision of its document. */
export interface Recorded<Value extends IdRecord = IdRecord> {
  readonly value: Value;
  readonly revision: number;
}

/** The parts that the records of a key manager work with. */
export interface RecordsPorts {
  readonly clock: Pick<Clock, 'now'>;
  /** True while nobody knows what others have destroyed since this replica's copy was saved. */
  readonly isFromCopy: () => boolean;
  /** Fetches what other replicas have recorded, for a while. Never rejects. */
  readonly caughtUp: () => Promise<void>;
  /** Hands on that a request has named a key, or a version of it, that is destroyed. */
  readonly destroyedAsked: (keyManager: string, externalKeyId: string) => void;
}

const UNREADABLE: KeyStanding = { state: 'Unavailable' };

/**
 * The records of the keys and aliases of one key manager, as this replica knows them. Reading is
 * from memory; every change is a compare-and-set in the state store.
 */
export class KeyRecords implements KeyStandings {
  readonly keyManager: string;
  /** The ids of keys whose act this process is at, whichever generation it was begun on. */
  readonly underWay = new Set<string>();
  readonly #collection: Collection<IdRecord>;
  readonly #ports: RecordsPorts;
  readonly #keys = new Map<string, KeyStanding>();
  readonly #aliases = new Map<string, AliasStanding>();
  /** The ids as they are written, by the ids in lower case. */
  readonly #ids = new Map<string, string>();
  /** Versions that are refused whatever the records say, by the ids of their keys. */
  readonly #withheld = new Map<string, Map<number, RetiredStanding>>();
  /** Lower-case ids whose record this program cannot read, so that nobody knows their state. */
  readonly #unreadable = new Set<string>();

  /** @param collection of the records of every key manager */
  constructor(keyManager: string, collection: Collection<IdRecord>, ports: RecordsPorts) {
    this.keyManager = keyManager;
    this.#collection = collection;
    this.#ports = ports;
    for (const document of collection.list()) this.#take(document);
    collection.watch((document) => {
      this.#take(document);
    });
  }

  keyOf(externalKeyId: string): KeyStanding {
    const standing = this.#recordedStanding(externalKeyId);
    const withheld = this.#withheld.size > 0 ? this.#withheld.get(externalKeyId) : undefined;
    if (withheld === undefined) return standing;
    return { ...standing, retired: new Map([...(standing.retired ?? []), ...withheld]) };
  }

  aliasOf(externalKeyId: string): AliasStanding | undefined {
    return this.#aliases.get(externalKeyId);
  }

  /**
   * Tells whether a key may get material that nobody asked for, at the limit of encryptions or at a
   * restore: never one of imported material, and none that is not Enabled.
   */
  mayRenew(externalKeyId: string): boolean {
    const { state } = this.keyOf(externalKeyId);
    return state === 'Enabled' && this.keyRecordOf(externalKeyId)?.value.origin !== 'external';
  }

  caughtUp(): Promise<void> {
    return this.#ports.caughtUp();
  }

  destroyedAsked(externalKeyId: string): void {
    this.#ports.destroyedAsked(this.keyManager, externalKeyId);
  }

  /**
   * Refuses a key of this id from now on, whatever its record says: it was destroyed. Not written
   * anywhere.
   */
  bury(externalKeyId: string): void {
    const lowercased = externalKeyId.toLowerCase();
    this.#forget(lowercased);
    this.#ids.set(lowercased, externalKeyId);
    this.#keys.set(externalKeyId, { state: 'Destroyed' });
  }

  /** Refuses a version of a key from now on, until it is released. Not written anywhere. */
  withhold(externalKeyId: string, version: number, destroyedAt: string): void {
    const versions = this.#withheld.get(externalKeyId) ?? new Map<number, RetiredStanding>();
    versions.set(version, { isDestroyed: true, deletionAt: destroyedAt });
    this.#withheld.set(externalKeyId, versions);
  }

  /** Lets the record alone say if a version is refused. */
  release(externalKeyId: string, version: number): void {
    const versions = this.#withheld.get(externalKeyId);
    versions?.delete(version);
    if (versions?.size === 0) this.#withheld.delete(externalKeyId);
  }

  /** The document that has an id, whatever its case: also a tombstone, or one that is damaged. */
  documentOf(externalKeyId: string): StateDocument<IdRecord> | undefined {
    return this.#collection.get(documentIdOf(this.keyManager, externalKeyId));
  }

  /** The record of a key, of exactly this id. */
  keyRecordOf(externalKeyId: string): Recorded<KeyRecord> | undefined {
    const recorded = this.#recordedOf(externalKeyId);
    if (recorded?.value.kind !== 'key') return undefined;
    return { value: recorded.value, revision: recorded.revision };
  }

  /** The record of an alias, of exactly this id. */
  aliasRecordOf(externalKeyId: string): Recorded<AliasRecord> | undefined {
    const recorded = this.#recordedOf(externalKeyId);
    if (recorded?.value.kind !== 'alias') return undefined;
    return { value: recorded.value, revision: recorded.revision };
  }

  /** Every readable record of this key manager, in the order of ids. */
  list(): readonly Recorded[] {
    return this.#collection
      .list()
      .flatMap((document) =>
        document.kind === 'value' && this.#isOwn(document.id)
          ? [{ value: document.value, revision: document.revision }]
          : [],
      );
  }

  /** The aliases that point to a key now. */
  aliasesOf(externalKeyId: string): readonly string[] {
    return [...this.#aliases]
      .filter(([, { enabled, targets }]) => enabled && targets[0] === externalKeyId)
      .map(([alias]) => alias)
      .sort();
  }

  /**
   * The aliases, also deleted ones, that have pointed to a key and do not now: what was encrypted
   * through them then still needs the key.
   */
  formerAliasesOf(externalKeyId: string): readonly string[] {
    const present = new Set(this.aliasesOf(externalKeyId));
    return [...this.#aliases]
      .filter(([alias, { targets }]) => targets.includes(externalKeyId) && !present.has(alias))
      .map(([alias]) => alias)
      .sort();
  }

  /**
   * Writes a record.
   *
   * @param replaces the revision of the record that it replaces; 0 for an id that never had one
   * @throws StateError
   */
  async put<Value extends IdRecord>(value: Value, replaces: number): Promise<Recorded<Value>> {
    const id = documentIdOf(this.keyManager, value.externalKeyId);
    const { revision } = await this.#collection.put(id, value, replaces);
    return { value, revision };
  }

  /** Removes the record of a key that did not come to be. @throws StateError */
  async remove(externalKeyId: string, replaces: number): Promise<void> {
    await this.#collection.remove(documentIdOf(this.keyManager, externalKeyId), replaces);
  }

  #recordedOf(externalKeyId: string): Recorded | undefined {
    const document = this.documentOf(externalKeyId);
    if (document?.kind !== 'value' || document.value.externalKeyId !== externalKeyId) {
      return undefined;
    }
    return { value: document.value, revision: document.revision };
  }

  #recordedStanding(externalKeyId: string): KeyStanding {
    const known = this.#keys.get(externalKeyId);
    if (known !== undefined) return this.#asOfNow(known);
    const isUnreadable =
      this.#unreadable.size > 0 && this.#unreadable.has(externalKeyId.toLowerCase());
    return isUnreadable ? UNREADABLE : AS_FOUND;
  }

  #asOfNow(standing: KeyStanding): KeyStanding {
    const { expiresAt, isImported } = standing;
    // It may be deleted by now. Whatever else is destroyed waits longer than a copy is served by.
    if (isImported === true && this.#ports.isFromCopy() && isUsed(standing)) return UNREADABLE;
    if (expiresAt === undefined || this.#ports.clock.now() < expiresAt) return standing;
    return { ...standing, state: 'PendingImport' };
  }

  #isOwn(documentId: string): boolean {
    return documentId.startsWith(`${this.keyManager}/`);
  }

  #take(document: StateDocument<IdRecord>): void {
    if (!this.#isOwn(document.id)) return;
    const lowercased = document.id.slice(this.keyManager.length + 1);
    const before = this.#keys.get(this.#ids.get(lowercased) ?? '')?.state;
    if (before === 'Destroyed') return; // There is no way back from it, whoever has written one.
    this.#forget(lowercased);
    if (document.kind === 'removed' && !isShut(before)) return;
    if (document.kind !== 'value') {
      this.#unreadable.add(lowercased);
      return;
    }
    const { value } = document;
    this.#ids.set(lowercased, value.externalKeyId);
    if (value.kind === 'key') this.#keys.set(value.externalKeyId, standingOf(value));
    else this.#aliases.set(value.externalKeyId, value);
  }

  /** An id may come back in another case, after a creation that was undone. */
  #forget(lowercased: string): void {
    this.#unreadable.delete(lowercased);
    const before = this.#ids.get(lowercased);
    if (before === undefined) return;
    this.#keys.delete(before);
    this.#aliases.delete(before);
  }
}

/** True for a key that encrypts or decrypts, or would if it were enabled. */
function isUsed({ state }: KeyStanding): boolean {
  return state === 'Enabled' || state === 'Disabled';
}

/** True for a state of which no record is ever removed: a tombstone would let the key in again. */
function isShut(state: KeyState | undefined): boolean {
  return state === 'Disabled' || state === 'PendingDeletion';
}
