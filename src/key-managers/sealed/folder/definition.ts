import type { BackendDefinition } from '../../definition.js';
import { type FileKeyManagerConfig, fileKeyManagerSchema } from './config.js';
import { createFileKeyManagerNode } from './create.js';
import { COUNTERS, hasKeyDocuments } from './key-folder.js';

/** Keys in encrypted files. */
export const fileBackend = {
  schema: fileKeyManagerSchema,
  folders: [{ field: 'directory', keys: { subfolders: [COUNTERS], areIn: hasKeyDocuments } }],
  files: [],
  knownCauses: [],
  nodes: (config) => [{ name: config.name, location: config.location, config }],
  descriptors: () => 0,
  async start(config, ports, start) {
    const { node, administration } = await createFileKeyManagerNode(config, ports, start);
    return { nodes: [node], administration };
  },
} satisfies BackendDefinition<FileKeyManagerConfig>;
