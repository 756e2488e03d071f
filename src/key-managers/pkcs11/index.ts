export { pkcs11Backend } from './definition.js';
