import type { BackendDefinition } from '../definition.js';
import { CAPABILITIES } from './capabilities.js';
import { type ModuleKeyManagerConfig, moduleKeyManagerSchema } from './config.js';
import { createModuleKeyManager } from './create.js';

/** Keys in a key manager of the operator's own. */
export const moduleBackend = {
  schema: moduleKeyManagerSchema,
  folders: [],
  files: [{ field: ['module'], use: 'program' }],
  knownCauses: [],
  capabilities: CAPABILITIES,
  ownsKeys: false,
  nodes: (config) => [{ name: config.name, config }],
  places: () => [],
  keptWhileRunning: [],
  descriptors: () => 0,
  start: createModuleKeyManager,
} satisfies BackendDefinition<ModuleKeyManagerConfig>;
