export { vaultKeyManagerSchema } from './config.js';
export { createVaultKeyManagerNodes } from './create.js';
