export type { ModuleKeyManagerConfig } from './config.js';
export { createModuleKeyManager } from './create.js';
export { moduleBackend } from './definition.js';
export type { CreateKeyManager, ModuleKeyManager, ModulePorts } from './factory.js';
