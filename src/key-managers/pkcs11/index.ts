export { type Pkcs11KeyManagerConfig, pkcs11KeyManagerSchema } from './config.js';
export { createPkcs11KeyManager, type Pkcs11KeyManager, type Pkcs11Start } from './create.js';
export type { Pkcs11Ports } from './ports.js';
