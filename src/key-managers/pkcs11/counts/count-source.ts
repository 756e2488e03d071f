import type { BlockSizes, TakenBlock } from '../../counting/encryption-budget.js';
import type { KeyRef } from '../../backend.js';

/** The count of one key's material, as its source has it. */
export interface KnownCount {
  /** Encryptions that may have been made, as far as is known. */
  readonly reserved: number;
  /** Time at which Holdfast created the material; absent for material created elsewhere. */
  readonly createdAt?: string | undefined;
}

/**
 * The result of a request for a block: the block; `full` at the limit; `unknown` where nobody knows
 * how often the material has encrypted, which counts as full.
 */
export type BlockTaken = TakenBlock | 'full' | 'unknown';

/** The keeper of the counts of a key manager's material. */
export interface CountSource extends BlockSizes {
  /** Its name in the messages of errors, such as `the disk`. */
  readonly name: string;
  /** True where the encryptions of every replica are counted. */
  readonly isOfAll: boolean;
  /** Encryptions that may be made under one key's material, as things are now. */
  readonly limit: number;
  /** Time at which a replica created the material, as far as is known by now. */
  createdAt(ref: KeyRef): string | undefined;
  /** Reads what is known before the first block. @throws KeyManagerError `internal` */
  read(ref: KeyRef): Promise<KnownCount>;
  /** Reads how far the count has come, for people. @returns undefined where that is known */
  readAgain(ref: KeyRef): Promise<number | undefined>;
  /**
   * Takes the next block, which is durable before it is used.
   *
   * @param known the count so far, as this process has it
   */
  take(ref: KeyRef, known: KnownCount, size: number): Promise<BlockTaken>;
}
