import type { Clock } from '../../shared/clock.js';
import type { RandomBytes } from '../../shared/randomness.js';

/** The log of the file key manager, for operators. A pino logger is one. */
export interface FileKeyManagerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The parts that the file key manager is handed. */
export interface FileKeyManagerPorts {
  readonly clock: Clock;
  /** Keys, names and IVs are made of it. */
  readonly randomBytes: RandomBytes;
  readonly log: FileKeyManagerLog;
}

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
