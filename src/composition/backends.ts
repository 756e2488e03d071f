import type { KeyAdministration, KeyManagerNode } from '../key-managers/backend.js';
import { createFileKeyManagerNode } from '../key-managers/file/index.js';
import { createModuleKeyManager } from '../key-managers/module/index.js';
import { createPkcs11KeyManager } from '../key-managers/pkcs11/index.js';
import { createVaultKeyManagerNodes } from '../key-managers/vault/index.js';
import type { Logger } from '../observability/logger.js';
import type { Clock } from '../shared/clock.js';
import type { RandomBytes } from '../shared/randomness.js';
import type { Configuration } from '../configuration/schema.js';

/** An entry of `keyManagers` in the configuration. */
export type KeyManagerConfig = Configuration['keyManagers'][number];

/** What every backend is handed. */
export interface BackendPorts {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Logger;
}

/** How to start, where that is not a matter of the configuration. */
export interface BackendStart {
  /** Whether an empty key folder may be made one. */
  readonly init: boolean;
  /** Whether keys, counters and files stay as they are, for a look at them. */
  readonly readOnly?: boolean;
}

/** A backend at work; closing its nodes ends it. */
export interface StartedBackend {
  readonly nodes: readonly KeyManagerNode[];
  readonly administration: KeyAdministration;
}

/**
 * Starts a key manager of any type: the list of backends, a case for each.
 *
 * @throws whatever the backend says is wrong
 */
export async function startBackend(
  config: KeyManagerConfig,
  ports: BackendPorts,
  start: BackendStart,
): Promise<StartedBackend> {
  switch (config.type) {
    case 'file': {
      const { node, administration } = await createFileKeyManagerNode(config, ports, start);
      return { nodes: [node], administration };
    }
    case 'pkcs11':
      return createPkcs11KeyManager(config, ports, start);
    case 'vault':
      return createVaultKeyManagerNodes(config, ports, start);
    case 'module':
      return createModuleKeyManager(config, ports);
  }
}

/**
 * A key manager as one for each of its nodes, so that each can be started and listed by itself. What
 * a module has for nodes is known to the module alone.
 */
export function splitByNode(config: KeyManagerConfig): readonly KeyManagerConfig[] {
  switch (config.type) {
    case 'pkcs11':
      return config.nodes.map((node) => ({ ...config, nodes: [node] }));
    case 'vault':
      return config.nodes.map((node) => ({ ...config, nodes: [node] }));
    case 'file':
    case 'module':
      return [config];
  }
}
