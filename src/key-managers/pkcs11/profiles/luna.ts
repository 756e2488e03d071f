import { CKR } from '../ckr.js';
import type { VendorProfile } from './profile.js';

/**
 * Thales Luna in FIPS mode: makes the IV itself and puts it behind the tag. Unverified: written
 * from its documentation.
 */
export const lunaProfile: VendorProfile = {
  vendor: 'Thales',
  ivStrategy: 'appended',
  sharedIds: 'unknown',
  seesOthers: false,
  refusals: [CKR.ENCRYPTED_DATA_INVALID, CKR.ENCRYPTED_DATA_LEN_RANGE],
};
