import type { BackendDefinition } from '../../definition.js';
import { type SealedKeyManagerConfig, sealedKeyManagerSchema } from './config.js';
import { createSealedKeyManagerNode } from './create.js';

/** Keys in encrypted documents in the state store. */
export const sealedBackend = {
  schema: sealedKeyManagerSchema,
  folders: [],
  files: [],
  knownCauses: [],
  nodes: (config) => [{ name: config.name, location: config.location, config }],
  descriptors: () => 0,
  async start(config, ports, start) {
    const { node, administration } = await createSealedKeyManagerNode(config, ports, start);
    return { nodes: [node], administration };
  },
} satisfies BackendDefinition<SealedKeyManagerConfig>;
