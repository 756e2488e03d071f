import { CKR } from '../ckr.js';
import { CryptokiError } from './cryptoki-error.js';
import type { Cryptoki, CryptokiHandle } from './cryptoki.js';
import type { FoundToken } from './find-token.js';
import { TokenFailure } from './token-failure.js';

const PIN_REFUSED: ReadonlySet<number> = new Set([
  CKR.PIN_INCORRECT,
  CKR.PIN_INVALID,
  CKR.PIN_LEN_RANGE,
  CKR.PIN_EXPIRED,
  CKR.PIN_LOCKED,
  CKR.USER_PIN_NOT_INITIALIZED,
]);

/**
 * Logs in, once. Tokens lock after a few wrong PINs: after one, Holdfast does not try again, and it
 * never uses the last try.
 *
 * @throws TokenFailure with the effect `pin-refused`
 */
export function login(
  cryptoki: Cryptoki,
  session: CryptokiHandle,
  token: FoundToken,
  pin: string,
): void {
  const { CKF_USER_PIN_LOCKED, CKF_USER_PIN_FINAL_TRY } = cryptoki.constants;
  if ((token.flags & (CKF_USER_PIN_LOCKED | CKF_USER_PIN_FINAL_TRY)) !== 0) {
    throw refused(token, 'its PIN is locked, or only one try is left, which Holdfast does not use');
  }
  try {
    cryptoki.login(session, pin);
  } catch (error) {
    if (!(error instanceof CryptokiError)) throw error;
    if (error.code === CKR.USER_ALREADY_LOGGED_IN) return;
    if (PIN_REFUSED.has(error.code)) throw refused(token, error.message);
    throw error;
  }
}

function refused({ label }: FoundToken, reason: string): TokenFailure {
  return new TokenFailure(
    'misconfigured',
    `the token ${label} refuses the PIN (${reason}); Holdfast does not log in again with it until the next start`,
    'pin-refused',
  );
}
