import type { BackendDefinition } from '../../definition.js';
import { type SealedKeyManagerConfig, sealedKeyManagerSchema } from './config.js';
import { startSealedKeys } from '../move/start.js';

/** Keys in encrypted documents in the state store. */
export const sealedBackend = {
  schema: sealedKeyManagerSchema,
  folders: [],
  files: [],
  knownCauses: [],
  nodes: (config) => [{ name: config.name, location: config.location, config }],
  descriptors: () => 0,
  start: startSealedKeys,
} satisfies BackendDefinition<SealedKeyManagerConfig>;
