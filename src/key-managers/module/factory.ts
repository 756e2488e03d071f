import type { Secret } from '../../shared/secret.js';
import type { KeyManagerError } from '../backend.js';
import type { BackendPorts, StartedBackend } from '../definition.js';

/** The services a module is given beside its options, so that it needs no import from Holdfast. */
export interface ModulePorts extends BackendPorts {
  /** Its name in the configuration. */
  readonly name: string;
  /** The `secrets` of the configuration, by name. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** The error class of every expected failure; any other error is a defect of the module. */
  readonly KeyManagerError: typeof KeyManagerError;
}

/**
 * A module's key manager: at least one node, in the order in which they are preferred, and what an
 * administrator may do; an object without methods is nothing.
 */
export type ModuleKeyManager = StartedBackend;

/**
 * The function that a module exports as `createKeyManager`. Called once, when the server starts.
 *
 * @param options the `options` of the configuration, which the module checks itself
 * @throws what keeps the server from starting; the message is shown to the operator
 */
export type CreateKeyManager = (
  options: Readonly<Record<string, unknown>>,
  ports: ModulePorts,
) => Promise<ModuleKeyManager>;
