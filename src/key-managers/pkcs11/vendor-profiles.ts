import { CKR } from './ckr.js';

/**
 * The source of the IVs.
 *
 * - `caller`: Holdfast, from the random generator of the operating system
 * - `hsm-random`: Holdfast, from the token's generator (C_GenerateRandom)
 * - `zeros-in`: the token; it is given 12 zero bytes and overwrites them with its IV
 * - `appended`: the token; it is given no IV and appends its own to the tag
 */
export type IvStrategy = 'caller' | 'hsm-random' | 'zeros-in' | 'appended';

/**
 * The fate of a secret key when another one is created with the same CKA_ID: it is `kept`, or it is
 * `replaced` and lost. Where it is `unknown`, Holdfast creates no such key.
 */
export type SharedIds = 'kept' | 'replaced' | 'unknown';

/** Peculiarities of one vendor, as data. */
export interface VendorProfile {
  /** Vendor to show until the token has reported its own. */
  readonly vendor: string;
  /** The product on which it was tested; absent where it rests on documentation alone. */
  readonly verifiedOn?: string;
  readonly ivStrategy: IvStrategy;
  readonly sharedIds: SharedIds;
  /**
   * True when the library sees a key that another process creates at the same time. SoftHSM does
   * not: it counts changes, and two changes at once may both get the same number.
   */
  readonly seesOthers: boolean;
  /**
   * True where the token lists RSA-OAEP for unwrapping and takes SHA-1 alone, which no import has.
   */
  readonly oaepIsSha1?: true;
  /**
   * CKR_ codes with which C_Decrypt refuses a tag that does not match. Because a broken token may
   * answer the same, the key then has to prove that it still works.
   */
  readonly refusals: readonly number[];
}

/** Tells whether Holdfast chooses the IVs and so has to count the encryptions. */
export function choosesIv({ ivStrategy }: VendorProfile): boolean {
  return ivStrategy === 'caller' || ivStrategy === 'hsm-random';
}

/** The names of the profiles in the configuration. */
export const PROFILE_NAMES = ['generic', 'softhsm', 'nss', 'cloudhsm', 'luna', 'nshield'] as const;

/** The name of a profile. */
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** Every vendor profile. */
export const PROFILES: Readonly<Record<ProfileName, VendorProfile>> = {
  /**
   * SoftHSM 2: it makes no IVs, and answers CKR_GENERAL_ERROR to a tag that does not match. It
   * answers CKR_ARGUMENTS_BAD to RSA-OAEP with another hash than SHA-1.
   */
  softhsm: {
    vendor: 'SoftHSM project',
    verifiedOn: 'SoftHSM 2.6.1',
    ivStrategy: 'caller',
    sharedIds: 'kept',
    seesOthers: false,
    oaepIsSha1: true,
    refusals: [CKR.GENERAL_ERROR, CKR.ENCRYPTED_DATA_INVALID, CKR.ENCRYPTED_DATA_LEN_RANGE],
  },
  /**
   * NSS softokn, Mozilla's token. It makes no IVs. A key that is created with the CKA_ID of another
   * one silently replaces it.
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
   * AWS CloudHSM, client SDK 5: makes the IV itself and overwrites the 12 zero bytes that it is
   * given. Unverified: written from its documentation.
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
   * Thales Luna in FIPS mode: makes the IV itself and appends it to the tag. Unverified: written
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
   * Entrust nShield: Holdfast takes the IV from its generator. It answers CKR_FUNCTION_FAILED to a
   * tag that does not match. Unverified: written from its documentation.
   */
  nshield: {
    vendor: 'Entrust',
    ivStrategy: 'hsm-random',
    sharedIds: 'unknown',
    seesOthers: false,
    refusals: [CKR.FUNCTION_FAILED, CKR.ENCRYPTED_DATA_INVALID, CKR.ENCRYPTED_DATA_LEN_RANGE],
  },
  /**
   * A module of an unknown vendor: Holdfast makes the IV. Every code that some vendor uses for a
   * tag that does not match is accepted, if the key then proves that it works.
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
