import { CKR } from '../ckr.js';
import type { VendorProfile } from './profile.js';

/**
 * NSS softokn, Mozilla's token. It cannot make IVs, and a key that is made with the CKA_ID of
 * another silently takes its place.
 */
export const nssProfile: VendorProfile = {
  vendor: 'Mozilla Foundation',
  verifiedOn: 'NSS softokn 3.87',
  ivStrategy: 'caller',
  sharedIds: 'replaced',
  seesOthers: true,
  refusals: [CKR.ENCRYPTED_DATA_INVALID, CKR.ENCRYPTED_DATA_LEN_RANGE, CKR.DATA_INVALID],
};
