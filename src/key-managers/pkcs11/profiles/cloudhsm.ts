import { CKR } from '../ckr.js';
import type { VendorProfile } from './profile.js';

/**
 * AWS CloudHSM, client SDK 5: makes the IV itself, over the 12 zero bytes that it is given.
 * Unverified: written from its documentation.
 */
export const cloudHsmProfile: VendorProfile = {
  vendor: 'AWS CloudHSM',
  ivStrategy: 'zeros-in',
  sharedIds: 'unknown',
  seesOthers: false,
  refusals: [
    CKR.ENCRYPTED_DATA_INVALID,
    CKR.ENCRYPTED_DATA_LEN_RANGE,
    CKR.GENERAL_ERROR,
    CKR.FUNCTION_FAILED,
  ],
};
