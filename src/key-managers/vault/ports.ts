import type { Clock } from '../../shared/clock.js';

/** Where the vault key manager says what an operator should know. A pino logger is one. */
export interface VaultLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the vault key manager is handed. */
export interface VaultPorts {
  readonly clock: Clock;
  /** For the jitter of renewals: replicas that started together must not log in together. */
  readonly randomBytes: (size: number) => Buffer;
  readonly log: VaultLog;
}

/**
 * A number from 0 up to 1.
 *
 * @param randomBytes what it is made of
 */
export function randomFraction(randomBytes: (size: number) => Buffer): number {
  return randomBytes(4).readUInt32BE() / 2 ** 32;
}
