import { HEALTH_TEST_KEY_ID } from '../../backend.js';
import { type KeyLookup, KeyNaming } from '../key-naming.js';
import { PROFILES, type VendorProfile } from '../vendor-profiles.js';
import type { OpenRequest, TokenReply } from '../wire/messages.js';
import { Cryptoki, type CryptokiHandle } from './cryptoki.js';
import { findToken } from './find-token.js';
import { aesUnwrappingOf, importWaysOf } from './import-ways.js';
import { KeyObjects, type NamedKeyObject } from './key-objects.js';
import { login } from './login.js';
import { TokenFailure } from './token-failure.js';

/** Time after which a key is found anew: it may have been renamed. */
const HANDLE_LIFETIME_MS = 60_000;

/** A key and the time at which it was found, on the machine's monotonic clock. */
interface CachedKey {
  readonly key: NamedKeyObject;
  readonly foundAt: number;
}

/**
 * A logged-in session with a token, and the handles that are valid in it. When the session ends,
 * its handles are invalid, and the next session finds the keys anew. The library is initialised
 * once a process; a second initialisation takes a new process.
 */
export class TokenSession {
  readonly cryptoki: Cryptoki;
  readonly handle: CryptokiHandle;
  readonly objects: KeyObjects;
  readonly naming: KeyNaming;
  readonly profile: VendorProfile;
  readonly token: TokenReply;
  /** The mechanism by which an AES key unwraps with padding; undefined where there is none. */
  readonly aesUnwrapping: number | undefined;
  readonly #keys = new Map<string, CachedKey>();

  private constructor(cryptoki: Cryptoki, request: OpenRequest) {
    this.cryptoki = cryptoki;
    this.naming = new KeyNaming(request.keyNames);
    this.profile = PROFILES[request.profile];
    const { slot, ...token } = findToken(cryptoki, request.token);
    this.aesUnwrapping = aesUnwrappingOf(cryptoki, slot);
    const importWays = importWaysOf(cryptoki, slot, this);
    this.token = { ...token, importWays };
    this.handle = cryptoki.openSession(slot);
    login(cryptoki, this.handle, { slot, ...token }, request.pin);
    this.objects = new KeyObjects(cryptoki, this.handle);
  }

  /** Opens the first session of this process: loads and initialises the library. */
  static open(request: OpenRequest): TokenSession {
    return new TokenSession(Cryptoki.load(request.module, request.libraryParameters), request);
  }

  /** Closes every session and opens a new one. This one and its handles are invalid then. */
  reopened(request: OpenRequest): TokenSession {
    this.cryptoki.closeAllSessions(findToken(this.cryptoki, request.token).slot);
    return new TokenSession(this.cryptoki, request);
  }

  /**
   * Returns the key with these attributes, from memory if it was found within the last minute.
   *
   * @param lookup text of a {@link KeyLookup}
   * @throws TokenFailure `key-not-found` and what {@link KeyObjects.findOne} throws
   */
  key(lookup: string, now: number): NamedKeyObject {
    const cached = this.#keys.get(lookup);
    if (cached !== undefined && isYoung(cached, now)) return cached.key;
    this.#keys.delete(lookup);
    const key = this.objects.findOne(JSON.parse(lookup) as KeyLookup);
    if (key === undefined) {
      this.proveThatItFinds();
      throw new TokenFailure('key-not-found', `the token has no key with ${lookup}`);
    }
    this.#keys.set(lookup, { key, foundAt: now });
    return key;
  }

  /** Tells whether {@link key} would answer from memory. */
  remembers(lookup: string, now: number): boolean {
    const cached = this.#keys.get(lookup);
    return cached !== undefined && isYoung(cached, now);
  }

  /** Makes the next call of {@link key} find the object anew. */
  forget(lookup: string): void {
    this.#keys.delete(lookup);
  }

  /**
   * Makes sure that the token finds the health-test key. A token whose files are lost finds
   * nothing, which looks like a missing key; Holdfast believes it only after this check.
   *
   * @throws TokenFailure `unreachable`
   */
  proveThatItFinds(): void {
    const lookup = this.naming.lookupOf({ externalKeyId: HEALTH_TEST_KEY_ID, version: 1 });
    if (this.objects.findOne(lookup) !== undefined) return;
    throw new TokenFailure(
      'unreachable',
      'the token finds neither the key nor the health-test key: its objects seem to be lost',
      'child-lost',
    );
  }
}

function isYoung({ foundAt }: CachedKey, now: number): boolean {
  return now - foundAt < HANDLE_LIFETIME_MS;
}
