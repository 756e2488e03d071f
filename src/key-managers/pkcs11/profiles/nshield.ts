import { CKR } from '../ckr.js';
import type { VendorProfile } from './profile.js';

/**
 * Entrust nShield: the IV is ours, from its generator; answers CKR_FUNCTION_FAILED to a tag
 * that does not match. Unverified: written from its documentation.
 */
export const nShieldProfile: VendorProfile = {
  vendor: 'Entrust',
  ivStrategy: 'hsm-random',
  sharedIds: 'unknown',
  seesOthers: false,
  refusals: [CKR.FUNCTION_FAILED, CKR.ENCRYPTED_DATA_INVALID, CKR.ENCRYPTED_DATA_LEN_RANGE],
};
