/** All operations of KMS on custom key stores. */
export { connectCustomKeyStore } from './connect-custom-key-store.js';
export { createCustomKeyStore } from './create-custom-key-store.js';
export { deleteCustomKeyStore } from './delete-custom-key-store.js';
export { describeCustomKeyStores } from './describe-custom-key-stores.js';
export { disconnectCustomKeyStore } from './disconnect-custom-key-store.js';
export { updateCustomKeyStore } from './update-custom-key-store.js';
