/** The limits of the encryptions under one key's material. */
export interface CountingLimits {
  /** Encryptions that one write to disk reserves. */
  readonly blockSize: number;
  /** Encryptions that this process may make with one version of a key. */
  readonly perVersion: number;
}

/** Encryptions that one write to disk reserves. */
export const BLOCK_SIZE = 65_536;
