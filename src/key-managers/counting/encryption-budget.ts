/** Numbers that were taken together: `from` up to and without `to`. */
export interface TakenBlock {
  readonly from: number;
  readonly to: number;
}

/** The rule by which blocks are measured. */
export interface BlockSizes {
  /**
   * Computes the size of the next block.
   *
   * @param used encryptions since the last block was taken
   * @param elapsedMs time since then
   */
  blockSize(used: number, elapsedMs: number): number;
}

/**
 * The encryptions that may still be made under one version before the next block is taken. What
 * is reserved is durable already; what is used is known to this process alone, so after a crash
 * all that was reserved counts as used.
 */
export class EncryptionBudget {
  #left: number;
  #reserved: number;
  /** The last block: its size, when it was added, and what was left then, it included. */
  #size: number;
  #addedAt: number;
  #leftThen: number;

  private constructor(left: number, reserved: number, at: number) {
    this.#left = left;
    this.#reserved = reserved;
    this.#size = left;
    this.#addedAt = at;
    this.#leftThen = left;
  }

  /** For a version of which `reserved` encryptions may have been made, by whatever process. */
  static spent(reserved: number): EncryptionBudget {
    return new EncryptionBudget(0, reserved, 0);
  }

  /** For a version with its first block. @param now on the monotonic clock */
  static of({ from, to }: TakenBlock, now: number): EncryptionBudget {
    return new EncryptionBudget(to - from, to, now);
  }

  /** Encryptions that may have been made. */
  get used(): number {
    return this.#reserved - this.#left;
  }

  /** The end of the last block: other processes may have taken those before it. */
  get reserved(): number {
    return this.#reserved;
  }

  get left(): number {
    return this.#left;
  }

  /** True when half of the last block is used, so that it is time for the next one. */
  get isLow(): boolean {
    return this.#left * 2 <= this.#size;
  }

  /** Counts one encryption, before it is made. @returns false when nothing is left */
  take(): boolean {
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }

  /** Measures the next block by the pace at which the last one is used. */
  nextBlockSize(sizes: BlockSizes, now: number): number {
    return sizes.blockSize(this.#leftThen - this.#left, now - this.#addedAt);
  }

  /** To be called when the block is safely taken, and not earlier. */
  add({ from, to }: TakenBlock, now: number): void {
    this.#size = to - from;
    this.#left += this.#size;
    this.#reserved = to;
    this.#addedAt = now;
    this.#leftThen = this.#left;
  }
}
