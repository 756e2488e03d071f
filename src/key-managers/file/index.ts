export { type FileKeyManagerConfig, fileKeyManagerSchema } from './config.js';
export { createFileKeyManagerNode, type FileKeyManager } from './create.js';
export { hasKeyDocuments } from './key-folder.js';
export type { FileKeyManagerLog, FileKeyManagerPorts } from './ports.js';
