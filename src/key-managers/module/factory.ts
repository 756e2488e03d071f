import type { Clock } from '../../shared/clock.js';
import type { Secret } from '../../shared/secret.js';
import type { KeyAdministration, KeyManagerError, KeyManagerNode } from '../backend.js';

/** Where a module says what an operator should know. A pino logger is one. */
export interface ModuleLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What a module is handed beside its options, so that it has to import nothing from Holdfast. */
export interface ModulePorts {
  /** Its name in the configuration. */
  readonly name: string;
  /** The `secrets` of the configuration, by name. */
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly clock: Clock;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Buffer;
  readonly log: ModuleLog;
  /** What every method rejects with; anything else counts as a defect of the module. */
  readonly KeyManagerError: typeof KeyManagerError;
}

/** What a module makes. */
export interface ModuleKeyManager {
  /** At least one, in the order in which they are preferred. */
  readonly nodes: readonly KeyManagerNode[];
  /** What an administrator may do; an object without methods is nothing. */
  readonly administration: KeyAdministration;
}

/**
 * What a module exports as `createKeyManager`. Called once, when the server starts.
 *
 * @param options the `options` of the configuration, which the module checks itself
 * @throws what keeps the server from starting; the message is shown to the operator
 */
export type CreateKeyManager = (
  options: Readonly<Record<string, unknown>>,
  ports: ModulePorts,
) => Promise<ModuleKeyManager>;
