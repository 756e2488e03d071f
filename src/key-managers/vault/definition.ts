import type { BackendDefinition } from '../definition.js';
import { CAPABILITIES } from './capabilities.js';
import { type VaultKeyManagerConfig, vaultKeyManagerSchema } from './config.js';
import { KNOWN_CAUSES } from './known-causes.js';

/** The backend for keys in the Transit engine of OpenBao or HashiCorp Vault. */
export const vaultBackend = {
  schema: vaultKeyManagerSchema,
  folders: [],
  files: [
    { field: ['tls', 'roots', '*'], use: 'certificates' },
    { field: ['tls', 'clientCertificate'], use: 'certificates' },
    { field: ['tls', 'clientKey'], use: 'private-key' },
    { field: ['login', 'tokenFile'], use: 'text' },
    { field: ['login', 'jwtFile'], use: 'text' },
  ],
  knownCauses: KNOWN_CAUSES,
  capabilities: CAPABILITIES,
  ownsKeys: false,
  nodes: (config) =>
    config.nodes.map((node) => ({
      name: node.name,
      location: node.location,
      config: { ...config, nodes: [node] },
    })),
  places: () => [],
  keptWhileRunning: [],
  descriptors: ({ nodes, maxConnections }) => nodes.length * maxConnections,
  // Its HTTP client takes a tenth of a start to load, and most servers have no Vault.
  start: async (...of) => (await import('./create.js')).createVaultKeyManagerNodes(...of),
} satisfies BackendDefinition<VaultKeyManagerConfig>;
