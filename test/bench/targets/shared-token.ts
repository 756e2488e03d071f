import { makeSoftHsmToken, type SoftHsmToken } from '../../support/softhsm.js';

let made: Promise<SoftHsmToken> | undefined;
let users = 0;

/** A SoftHSM token that several servers use at once. */
export interface SharedToken {
  readonly token: SoftHsmToken;
  /** Removes the token when nobody else uses it any more. */
  release(): void;
}

/** Takes part in the token that runs now; makes it for the first one. */
export async function shareToken(): Promise<SharedToken> {
  made ??= makeSoftHsmToken();
  const token = await made;
  users++;
  return {
    token,
    release: () => {
      if (--users > 0) return;
      made = undefined;
      token.remove();
    },
  };
}
