import type { TokenInfo } from 'pkcs11js';
import type { TokenReply, TokenSelector } from '../wire/messages.js';
import type { Cryptoki, CryptokiHandle } from './cryptoki.js';
import { TokenFailure } from './token-failure.js';

/** A token and the slot it is in. */
export interface FoundToken extends Omit<TokenReply, 'importWays'> {
  readonly slot: CryptokiHandle;
  /** CKF_… of the token. */
  readonly flags: number;
}

/**
 * Finds the token that the configuration selects.
 *
 * @throws TokenFailure `unreachable` where no token matches, `misconfigured` where several do
 */
export function findToken(cryptoki: Cryptoki, selector: TokenSelector): FoundToken {
  const tokens = cryptoki.slots().map((slot) => describe(slot, cryptoki.tokenInfo(slot)));
  const found = tokens.filter((token) => matches(token, selector));
  const [token] = found;
  if (token === undefined) {
    const present = tokens.map(nameOf).join(', ') || 'none';
    throw new TokenFailure(
      'unreachable',
      `there is no token with ${textOf(selector)}; present: ${present}`,
      'child-lost',
    );
  }
  if (found.length > 1) {
    throw new TokenFailure(
      'misconfigured',
      `${found.length} tokens have ${textOf(selector)}; name one by its serial number`,
      'child-lost',
    );
  }
  return token;
}

function describe(slot: CryptokiHandle, info: TokenInfo): FoundToken {
  return {
    slot,
    flags: info.flags,
    label: unpadded(info.label),
    serial: unpadded(info.serialNumber),
    manufacturer: unpadded(info.manufacturerID),
    model: unpadded(info.model),
  };
}

function matches(token: FoundToken, selector: TokenSelector): boolean {
  if ('label' in selector) return token.label === selector.label;
  if ('serial' in selector) return token.serial === selector.serial;
  return token.slot.readUInt32LE() === selector.slot;
}

/** Words the selector, for example `the label "holdfast"`. */
function textOf(selector: TokenSelector): string {
  return Object.entries(selector)
    .map(([field, value]) => `the ${field} ${JSON.stringify(value)}`)
    .join();
}

/** SoftHSM always has an empty slot for the next token; it has no label. */
function nameOf({ label }: FoundToken): string {
  return label === '' ? 'one without a label' : JSON.stringify(label);
}

/** The texts of PKCS#11 are padded with spaces; some tokens use zero bytes. */
function unpadded(text: string): string {
  return text.replace(/[ \0]+$/, '');
}
