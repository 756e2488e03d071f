import type { Clock } from '../../shared/clock.js';

/** Where the key manager says what an operator should know. A pino logger is one. */
export interface BackendLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the PKCS#11 key manager is handed. */
export interface Pkcs11Ports {
  readonly clock: Clock;
  /** Cryptographically strong: IVs are made of it. */
  readonly randomBytes: (size: number) => Buffer;
  readonly log: BackendLog;
}
