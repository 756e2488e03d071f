export { fileBackend } from './folder/definition.js';
export { sealedBackend } from './state/definition.js';
