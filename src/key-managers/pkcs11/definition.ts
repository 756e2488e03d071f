import type { BackendDefinition } from '../definition.js';
import { CAPABILITIES } from './capabilities.js';
import { type Pkcs11KeyManagerConfig, pkcs11KeyManagerSchema } from './config.js';
import { createPkcs11KeyManager } from './create.js';
import { KNOWN_CAUSES } from './known-causes.js';

/** File descriptors of the pipes to the processes of one token. */
const DESCRIPTORS_OF_A_NODE = 16;

/** The backend for keys in tokens with a PKCS#11 library. */
export const pkcs11Backend = {
  schema: pkcs11KeyManagerSchema,
  folders: [{ field: 'countersDirectory' }],
  files: [{ field: ['module'], use: 'program' }],
  /** Configuration files of libraries, which are named in their environment: SOFTHSM2_CONF. */
  moreFiles: ({ environment }) =>
    environment.flatMap(({ name, value }) =>
      name.endsWith('_CONF') && value.startsWith('/')
        ? [{ field: ['environment', name], file: value }]
        : [],
    ),
  knownCauses: KNOWN_CAUSES,
  capabilities: CAPABILITIES,
  inState: 'counts',
  ownsKeys: false,
  nodes: (config) =>
    config.nodes.map((node) => ({
      name: node.name,
      location: node.location,
      config: { ...config, nodes: [node] },
    })),
  places: ({ countersDirectory }) => [`the folder ${countersDirectory}`],
  // What has been counted in the folder, and how much may be, is in memory.
  keptWhileRunning: ['countersDirectory', 'replicas', 'priorEncryptions'],
  descriptors: ({ nodes }) => nodes.length * DESCRIPTORS_OF_A_NODE,
  start: createPkcs11KeyManager,
} satisfies BackendDefinition<Pkcs11KeyManagerConfig>;
