/** The sizes by which encryptions are counted. */
export interface CountingLimits {
  /** Encryptions that one write to disk reserves. */
  readonly blockSize: number;
  /** Encryptions after which a version gives way to a new one. */
  readonly perVersion: number;
}

/**
 * Half of the 2^32 encryptions that random 96-bit IVs allow under one key. The other half is the
 * margin for a counter that came back from an old backup.
 *
 * @see NIST SP 800-38D, section 8.3
 */
export const COUNTING_LIMITS: CountingLimits = { blockSize: 65_536, perVersion: 2 ** 31 };
