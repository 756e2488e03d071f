import type { BackendDefinition } from '../../definition.js';
import { CAPABILITIES } from '../capabilities.js';
import { type SealedKeyManagerConfig, sealedKeyManagerSchema } from './config.js';
import { keysInState } from './places.js';
import { startSealedKeys } from '../move/start.js';

/** Keys in encrypted documents in the state store. */
export const sealedBackend = {
  schema: sealedKeyManagerSchema,
  folders: [],
  files: [],
  knownCauses: [],
  capabilities: CAPABILITIES,
  inState: 'keys',
  ownsKeys: true,
  nodes: (config) => [{ name: config.name, location: config.location, config }],
  places: ({ name }) => [keysInState(name)],
  descriptors: () => 0,
  start: startSealedKeys,
} satisfies BackendDefinition<SealedKeyManagerConfig>;
