import type { CounterBlock } from '../../../state/store.js';
import type { KeyVersion } from '../../backend.js';
import type { BackendPorts } from '../../definition.js';
import type { KeyDocument } from './key-document.js';

/** A version of a key, for its count. */
export interface CountedVersion {
  readonly externalKeyId: string;
  readonly version: KeyVersion;
}

/**
 * The place where sealed keys lie: their documents, and the counts of their encryptions. What
 * resolves is durable.
 */
export interface KeyPlace {
  /** Encryptions that one version of a key may make, by whatever replica. */
  readonly perVersion: number;
  /** The place in the messages of errors, such as `the disk`. */
  readonly name: string;

  /**
   * Computes the size of the next block.
   *
   * @param used encryptions that were made since the last block was taken
   * @param elapsedMs time since then
   */
  blockSize(used: number, elapsedMs: number): number;
  /** Begins the count of a new version and takes its first block. */
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
  /**
   * Writes a document.
   *
   * @param replaces the revision of the document that it replaces; 0 for a new key
   * @returns its revision
   * @throws KeyManagerError `conflict` where another replica has been faster
   */
  writeDocument(document: KeyDocument, replaces: number): Promise<number>;
  /** The name that a key's document has in this place. */
  documentNameOf(externalKeyId: string): string;
  /** The highest number that a version of this id was ever given, whether or not it came to be. */
  highestVersion(externalKeyId: string): Promise<number>;
  /** Says who has an id that no key in memory has. @returns undefined where nobody has it */
  occupant(externalKeyId: string): Promise<string | undefined>;
  /** Tells whether every replica knows the document of this revision. */
  isSettled(revision: number): boolean;
  /** Resolves when every replica knows the document of this revision. */
  whenSettled(revision: number): Promise<void>;
  /** Resolves when all that other replicas have written by now is in memory. */
  caughtUp(): Promise<void>;
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
