import { CKR } from './ckr.js';

/**
 * Who makes the IV of an encryption.
 *
 * - `caller`: we do, from our own randomness, and the token uses what it is given
 * - `hsm-random`: we do, from the token's generator (C_GenerateRandom)
 * - `zeros-in`: the token does; it is given 12 zero bytes and writes its own over them
 * - `appended`: the token does; it is given none and puts its own behind the tag
 */
export type IvStrategy = 'caller' | 'hsm-random' | 'zeros-in' | 'appended';

/**
 * The fate of a secret key when another one is made with the same CKA_ID: it is `kept`, it is
 * `replaced` and lost, or nobody has tried it on this token, and Holdfast makes no such key.
 */
export type SharedIds = 'kept' | 'replaced' | 'unknown';

/** Peculiarities of one vendor, as data. */
export interface VendorProfile {
  /** Shown as the vendor before the token has named itself. */
  readonly vendor: string;
  /** The product it was run on; absent where it was written from documentation alone. */
  readonly verifiedOn?: string;
  readonly ivStrategy: IvStrategy;
  readonly sharedIds: SharedIds;
  /**
   * True when the library sees at once what other processes make, even at the same time. SoftHSM
   * does not: it counts changes, and two that are made at once may both come to the same number.
   */
  readonly seesOthers: boolean;
  /**
   * What C_Decrypt answers to a tag that does not match: numbers of CKR_ codes. Such a code is not
   * believed: the key has to prove itself afterwards.
   */
  readonly refusals: readonly number[];
}

/** Whether we choose the IV, and therefore have to count. */
export function choosesIv({ ivStrategy }: VendorProfile): boolean {
  return ivStrategy === 'caller' || ivStrategy === 'hsm-random';
}

/** The names of the profiles, as the configuration has them. */
export const PROFILE_NAMES = ['generic', 'softhsm', 'nss', 'cloudhsm', 'luna', 'nshield'] as const;

/** The name of a profile. */
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** Every vendor profile. */
export const PROFILES: Readonly<Record<ProfileName, VendorProfile>> = {
  /**
   * SoftHSM 2: it cannot make IVs, and answers CKR_GENERAL_ERROR to a tag that does not match.
   */
  softhsm: {
    vendor: 'SoftHSM project',
    verifiedOn: 'SoftHSM 2.6.1',
    ivStrategy: 'caller',
    sharedIds: 'kept',
    seesOthers: false,
    refusals: [CKR.GENERAL_ERROR, CKR.ENCRYPTED_DATA_INVALID, CKR.ENCRYPTED_DATA_LEN_RANGE],
  },
  /**
   * NSS softokn, Mozilla's token. It cannot make IVs, and a key that is made with the CKA_ID of
   * another silently takes its place.
   */
  nss: {
    vendor: 'Mozilla Foundation',
    verifiedOn: 'NSS softokn 3.87',
    ivStrategy: 'caller',
    sharedIds: 'replaced',
    seesOthers: true,
    refusals: [CKR.ENCRYPTED_DATA_INVALID, CKR.ENCRYPTED_DATA_LEN_RANGE, CKR.DATA_INVALID],
  },
  /**
   * AWS CloudHSM, client SDK 5: makes the IV itself, over the 12 zero bytes that it is given.
   * Unverified: written from its documentation.
   */
  cloudhsm: {
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
  },
  /**
   * Thales Luna in FIPS mode: makes the IV itself and puts it behind the tag. Unverified: written
   * from its documentation.
   */
  luna: {
    vendor: 'Thales',
    ivStrategy: 'appended',
    sharedIds: 'unknown',
    seesOthers: false,
    refusals: [CKR.ENCRYPTED_DATA_INVALID, CKR.ENCRYPTED_DATA_LEN_RANGE],
  },
  /**
   * Entrust nShield: the IV is ours, from its generator; answers CKR_FUNCTION_FAILED to a tag
   * that does not match. Unverified: written from its documentation.
   */
  nshield: {
    vendor: 'Entrust',
    ivStrategy: 'hsm-random',
    sharedIds: 'unknown',
    seesOthers: false,
    refusals: [CKR.FUNCTION_FAILED, CKR.ENCRYPTED_DATA_INVALID, CKR.ENCRYPTED_DATA_LEN_RANGE],
  },
  /**
   * A module that nobody has looked at: the IV is ours, and every code that any vendor uses for a
   * tag that does not match is taken for one, provided that the key proves itself.
   */
  generic: {
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
  },
};
