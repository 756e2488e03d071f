import { pathToFileURL } from 'node:url';
import { KeyManagerError } from '../backend.js';
import type { BackendPorts } from '../definition.js';
import type { ModuleKeyManagerConfig } from './config.js';
import type { CreateKeyManager, ModuleKeyManager } from './factory.js';
import { checkedAdministration } from './module-administration.js';
import { ModuleNode, withoutSecrets } from './module-node.js';
import { checkKeyManager, findFactory } from './shape.js';

/**
 * Loads a module and has it make its key manager.
 *
 * @throws KeyManagerError `misconfigured` when the module cannot be loaded, exports no
 *   `createKeyManager`, fails in it, or makes something else than a key manager
 */
export async function createModuleKeyManager(
  config: ModuleKeyManagerConfig,
  ports: BackendPorts,
): Promise<ModuleKeyManager> {
  const { module } = config;
  const createKeyManager = findFactory(await load(module), module);
  const secrets = Object.values(config.secrets).map((secret) => secret.reveal());
  const made = await make(createKeyManager, config, ports);
  const { nodes, administration } = checkKeyManager(made, module);
  return {
    nodes: nodes.map((node) => new ModuleNode(node, secrets)),
    administration: checkedAdministration(administration, secrets),
  };
}

async function load(module: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(module).href);
  } catch (cause) {
    throw new KeyManagerError('misconfigured', `${module} cannot be loaded`, { cause });
  }
}

async function make(
  createKeyManager: CreateKeyManager,
  { name, module, options, secrets }: ModuleKeyManagerConfig,
  ports: BackendPorts,
): Promise<unknown> {
  try {
    return await createKeyManager(options, { ...ports, name, secrets, KeyManagerError });
  } catch (error) {
    const shown = Object.values(secrets).map((secret) => secret.reveal());
    const cause = withoutSecrets(error, shown);
    if (cause instanceof KeyManagerError) throw cause;
    throw new KeyManagerError('misconfigured', `createKeyManager of ${module} failed`, { cause });
  }
}
