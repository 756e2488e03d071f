export { type VaultKeyManagerConfig, vaultKeyManagerSchema } from './config.js';
export { createVaultKeyManagerNodes, type VaultKeyManager } from './create.js';
export type { VaultLog, VaultPorts } from './ports.js';
