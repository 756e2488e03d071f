export { type ModuleKeyManagerConfig, moduleKeyManagerSchema } from './config.js';
export { createModuleKeyManager, type ModuleStartPorts } from './create.js';
export type { CreateKeyManager, ModuleKeyManager, ModuleLog, ModulePorts } from './factory.js';
