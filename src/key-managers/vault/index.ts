export { vaultBackend } from './definition.js';
