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

/** What differs from vendor to vendor, as data. */
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
