import { CKR } from '../ckr.js';
import type { VendorProfile } from './profile.js';

/**
 * SoftHSM 2: it cannot make IVs, and answers CKR_GENERAL_ERROR to a tag that does not match.
 */
export const softHsmProfile: VendorProfile = {
  vendor: 'SoftHSM project',
  verifiedOn: 'SoftHSM 2.6.1',
  ivStrategy: 'caller',
  sharedIds: 'kept',
  seesOthers: false,
  refusals: [CKR.GENERAL_ERROR, CKR.ENCRYPTED_DATA_INVALID, CKR.ENCRYPTED_DATA_LEN_RANGE],
};
