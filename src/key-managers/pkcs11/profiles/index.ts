import { cloudHsmProfile } from './cloudhsm.js';
import { genericProfile } from './generic.js';
import { lunaProfile } from './luna.js';
import { nShieldProfile } from './nshield.js';
import { nssProfile } from './nss.js';
import type { VendorProfile } from './profile.js';
import { softHsmProfile } from './softhsm.js';

/** The names of the profiles, as the configuration has them. */
export const PROFILE_NAMES = ['generic', 'softhsm', 'nss', 'cloudhsm', 'luna', 'nshield'] as const;

/** The name of a profile. */
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** Every vendor profile. */
export const PROFILES: Readonly<Record<ProfileName, VendorProfile>> = {
  generic: genericProfile,
  softhsm: softHsmProfile,
  nss: nssProfile,
  cloudhsm: cloudHsmProfile,
  luna: lunaProfile,
  nshield: nShieldProfile,
};
