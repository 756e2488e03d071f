import type { ImportWay } from '../../backend.js';
import type { VendorProfile } from '../vendor-profiles.js';
import type { Cryptoki, CryptokiHandle } from './cryptoki.js';
import { CryptokiError } from './cryptoki-error.js';
import { CKM_AES_KEY_WRAP_KWP } from './cryptoki-wrapping.js';

const SPECS: readonly (readonly [ImportWay['wrappingKeySpec'], number])[] = [
  ['RSA_2048', 2048],
  ['RSA_3072', 3072],
  ['RSA_4096', 4096],
];

/** Finds the mechanism by which an AES key of a token unwraps a key with padding. */
export function aesUnwrappingOf(cryptoki: Cryptoki, slot: CryptokiHandle): number | undefined {
  const { CKM_AES_KEY_WRAP_PAD } = cryptoki.constants;
  // Some tokens have RFC 3394 with the padding of PKCS#7 under the older name.
  return [CKM_AES_KEY_WRAP_KWP, CKM_AES_KEY_WRAP_PAD].find(
    (mechanism) => unwraps(cryptoki, slot, mechanism) !== undefined,
  );
}

/** Lists the ways in which a token may unwrap material; making a wrapping key proves one. */
export function importWaysOf(
  cryptoki: Cryptoki,
  slot: CryptokiHandle,
  { profile, aesUnwrapping }: { profile: VendorProfile; aesUnwrapping: number | undefined },
): ImportWay[] {
  const oaep = unwraps(cryptoki, slot, cryptoki.constants.CKM_RSA_PKCS_OAEP);
  if (oaep === undefined || profile.oaepIsSha1 === true) return [];
  const specs = SPECS.filter(([, bits]) => bits >= oaep.minKeySize && bits <= oaep.maxKeySize);
  return specs.flatMap(([wrappingKeySpec]) => [
    { wrappingAlgorithm: 'RSAES_OAEP_SHA_256' as const, wrappingKeySpec },
    ...(aesUnwrapping === undefined
      ? []
      : [{ wrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256' as const, wrappingKeySpec }]),
  ]);
}

function unwraps(cryptoki: Cryptoki, slot: CryptokiHandle, mechanism: number) {
  try {
    const info = cryptoki.wrapping.mechanism(slot, mechanism);
    const isOffered = info !== undefined && (info.flags & cryptoki.constants.CKF_UNWRAP) !== 0;
    return isOffered ? info : undefined;
  } catch (error) {
    // A token that does not tell imports nothing, and serves all the same.
    if (error instanceof CryptokiError) return undefined;
    throw error;
  }
}
