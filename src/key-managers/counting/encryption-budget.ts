/**
 * The encryptions that may still be made under one version before the next write to disk. What
 * is reserved is on disk already; what is used is known to this process alone, so after a crash
 * all that was reserved counts as used.
 */
export class EncryptionBudget {
  #used: number;
  #reserved: number;

  private constructor(used: number, reserved: number) {
    this.#used = used;
    this.#reserved = reserved;
  }

  /** For a version of which `reserved` encryptions may have been made, by whatever process. */
  static spent(reserved: number): EncryptionBudget {
    return new EncryptionBudget(reserved, reserved);
  }

  /** For a new version, with its first block already on disk. */
  static fresh(reserved: number): EncryptionBudget {
    return new EncryptionBudget(0, reserved);
  }

  get used(): number {
    return this.#used;
  }

  get reserved(): number {
    return this.#reserved;
  }

  get left(): number {
    return this.#reserved - this.#used;
  }

  /** Counts one encryption, before it is made. @returns false when nothing is left */
  take(): boolean {
    if (this.#used === this.#reserved) return false;
    this.#used += 1;
    return true;
  }

  /** To be called when the larger reservation is safely on disk, and not earlier. */
  extendTo(reserved: number): void {
    this.#reserved = reserved;
  }
}
