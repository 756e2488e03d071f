import { CKR } from '../ckr.js';
import type { VendorProfile } from './profile.js';

/**
 * A module that nobody has looked at: the IV is ours, and every code that any vendor uses for a
 * tag that does not match is taken for one, provided that the key proves itself.
 */
export const genericProfile: VendorProfile = {
  vendor: 'PKCS#11 token',
  ivStrategy: 'caller',
  sharedIds: 'unknown',
  seesOthers: false,
  refusals: [
    CKR.ENCRYPTED_DATA_INVALID,
    CKR.ENCRYPTED_DATA_LEN_RANGE,
    CKR.AEAD_DECRYPT_FAILED,
    CKR.GENERAL_ERROR,
    CKR.FUNCTION_FAILED,
    CKR.DATA_INVALID,
  ],
};
