/** The limits of the encryptions under one key's material. */
export interface CountingLimits {
  /** Encryptions that one write to disk reserves. */
  readonly blockSize: number;
  /** Encryptions that this process may make with one version of a key. */
  readonly perVersion: number;
}

/** Random 96-bit IVs allow so many encryptions under one key. @see NIST SP 800-38D, section 8.3 */
export const RANDOM_IV_LIMIT = 2 ** 32;

/** Encryptions that one write to disk reserves. */
export const BLOCK_SIZE = 65_536;
