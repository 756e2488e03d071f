export { fileKeyManagerSchema } from './config.js';
export { createFileKeyManagerNode } from './create.js';
export { hasKeyDocuments } from './key-folder.js';
