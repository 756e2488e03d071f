import type { BackendDefinition } from '../../definition.js';
import { CAPABILITIES } from '../capabilities.js';
import { type FileKeyManagerConfig, fileKeyManagerSchema } from './config.js';
import { keysInState } from '../state/places.js';
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
  capabilities: CAPABILITIES,
  inState: 'counts',
  ownsKeys: true,
  nodes: (config) => [{ name: config.name, location: config.location, config }],
  // Its keys may have moved to the state store, under its name.
  places: ({ directory, name }) => [`the folder ${directory}`, keysInState(name)],
  descriptors: () => 0,
  start: startFileKeys,
} satisfies BackendDefinition<FileKeyManagerConfig>;
