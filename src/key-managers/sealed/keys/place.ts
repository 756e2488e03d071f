import type { CounterBlock } from '../../../state/store.js';
import { type BlockSizes, EncryptionBudget } from '../../counting/encryption-budget.js';
import type { KeyVersion } from '../../backend.js';
import type { BackendPorts } from '../../definition.js';
import type { KeptDocument } from './kept-document.js';
import type { KeyDocument } from './key-document.js';
import type { WrappingKeyPlace } from './wrapping-key-document.js';

/** A version of a key, for its count. */
export interface CountedVersion {
  readonly externalKeyId: string;
  readonly version: KeyVersion;
}

/** A key that is to be removed. */
export interface RemovedKey {
  readonly document: KeyDocument;
  /** The highest number that one of its versions was given. */
  readonly highestVersion: number;
}

/** A key that was destroyed, whose id is never used again. */
export interface DestroyedKey {
  /** In lower case where the place has noted no more. */
  readonly externalKeyId: string;
  /** ISO 8601; undefined where the place has not noted it. */
  readonly destroyedAt: string | undefined;
}

/** The ids of destroyed keys in lower case: those that differ by case alone are one key's. */
export function lowercasedIdsOf(destroyed: readonly DestroyedKey[]): ReadonlySet<string> {
  return new Set(destroyed.map(({ externalKeyId }) => externalKeyId.toLowerCase()));
}

/**
 * The place where sealed keys lie: their documents, and the counts of their encryptions. What
 * resolves is durable.
 */
export interface KeyPlace extends BlockSizes {
  /** Encryptions that one version of a key may make, by whatever replica. */
  readonly perVersion: number;
  /** The place in the messages of errors, such as `the disk`. */
  readonly name: string;

  /** Begins the count of a version, or goes on with the one that there is, and takes a block. */
  beginCount(version: CountedVersion): Promise<CounterBlock>;
  /**
   * Takes the next block.
   *
   * @param reserved the number that the last block ended with
   * @returns undefined where the version has no block left, or nobody knows its count
   */
  nextBlock(
    version: CountedVersion,
    reserved: number,
    size: number,
  ): Promise<CounterBlock | undefined>;
  /** The number that a version's budget begins with whose count was begun before. */
  reservedOf(version: CountedVersion): Promise<number>;
  /**
   * Writes a document.
   *
   * @param replaces the revision of the document that it replaces; 0 for a new key
   * @returns its revision
   * @throws KeyManagerError `conflict` where another replica has been faster
   */
  writeDocument(document: KeptDocument, replaces: number, erases?: boolean): Promise<number>;
  /** Reads back the document that the place has now. @returns undefined where it has none */
  storedDocument(externalKeyId: string): Promise<KeyDocument | undefined>;
  /**
   * Removes a document for good; that its id was taken, and its numbers, stays.
   *
   * @throws KeyManagerError `conflict` where another replica has been faster
   */
  removeDocument(key: RemovedKey, replaces: number): Promise<void>;
  /** Tells whether a document of this id was removed here, as far as this replica knows. */
  isRemoved(externalKeyId: string): boolean;
  /**
   * Sees to it that nothing of what was erased is left where this replica can reach it, and that
   * every live replica has dropped it.
   *
   * @param revision of the document without what was erased; absent for a key that was removed
   * @throws KeyManagerError `unreachable`, `internal`
   */
  assertErased(externalKeyId: string, revision?: number): Promise<void>;
  /** The wrapping keys, in the same place. */
  readonly wrappingKeys: WrappingKeyPlace;
  /** The name that a key's document has in this place. */
  documentNameOf(externalKeyId: string): string;
  /** The highest number that a version of this id was ever given, whether or not it came to be. */
  highestVersion(externalKeyId: string): Promise<number>;
  /** Says who has an id that no key in memory has. @returns undefined where nobody has it */
  occupant(externalKeyId: string): Promise<string | undefined>;
  /** The keys that were destroyed here, or before they came here. */
  destroyedKeys(): Promise<readonly DestroyedKey[]>;
  /** Tells whether every replica knows the document of this revision. */
  isSettled(revision: number): boolean;
  /** Resolves when every replica knows the document of this revision. */
  whenSettled(revision: number): Promise<void>;
  /** Resolves when all that other replicas have written by now is in memory. */
  caughtUp(): Promise<void>;
  /**
   * Fetches what other replicas have written by now.
   *
   * @throws KeyManagerError `unreachable`
   */
  refresh(): Promise<void>;
  /** Problems of the place, for the health of the node. */
  readonly problems: readonly string[];
  /** Lets another process have the place. */
  close(): Promise<void>;
}

/** The parts that a key is handed. */
export interface KeyPorts {
  readonly place: KeyPlace;
  readonly ports: BackendPorts;
}

/** Begins the count of a version with its first block. @throws the error of the place */
export async function firstBudget(
  { place, ports }: KeyPorts,
  externalKeyId: string,
  version: KeyVersion,
): Promise<EncryptionBudget> {
  const block = await place.beginCount({ externalKeyId, version });
  return EncryptionBudget.of(block, ports.clock.monotonic());
}
