import type { BackendDefinition } from '../../definition.js';
import { type FileKeyManagerConfig, fileKeyManagerSchema } from './config.js';
import { startFileKeys } from '../move/start.js';
import { COUNTERS, hasKeyDocuments, LEFT_BEHIND } from './key-folder.js';

/** Keys in encrypted files. */
export const fileBackend = {
  schema: fileKeyManagerSchema,
  folders: [
    { field: 'directory', keys: { subfolders: [COUNTERS, LEFT_BEHIND], areIn: hasKeyDocuments } },
  ],
  files: [],
  knownCauses: [],
  nodes: (config) => [{ name: config.name, location: config.location, config }],
  descriptors: () => 0,
  start: startFileKeys,
} satisfies BackendDefinition<FileKeyManagerConfig>;
