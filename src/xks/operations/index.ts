import type { KeyOperation } from '../operation.js';
import { decrypt } from './decrypt.js';
import { encrypt } from './encrypt.js';
import { getKeyMetadata } from './get-key-metadata.js';

export { getHealthStatus } from './get-health-status.js';

/** The operations on a key: one line each. */
export const KEY_OPERATIONS: readonly KeyOperation[] = [encrypt, decrypt, getKeyMetadata];
