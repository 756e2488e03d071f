import { HEALTH_TEST_KEY_ID } from '../../backend.js';
import { type KeyLookup, KeyNaming } from '../key-naming.js';
import { PROFILES, type VendorProfile } from '../vendor-profiles.js';
import type { OpenRequest, TokenReply } from '../wire/messages.js';
import { Cryptoki, type CryptokiHandle } from './cryptoki.js';
import { findToken } from './find-token.js';
import { KeyObjects, type NamedKeyObject } from './key-objects.js';
import { login } from './login.js';
import { TokenFailure } from './token-failure.js';

/** How long a handle is used before the key is looked for again: it may have been renamed. */
const HANDLE_LIFETIME_MS = 60_000;

/** A key with when it was found, on the machine's clock. */
interface CachedKey {
  readonly key: NamedKeyObject;
  readonly foundAt: number;
}

/**
 * A session with a token, logged in, and the handles that are valid in it. It is an epoch: with it
 * go its handles, and the next one finds the keys anew. The library itself is never initialised
 * twice; that takes a new process.
 */
export class TokenSession {
  readonly cryptoki: Cryptoki;
  readonly handle: CryptokiHandle;
  readonly objects: KeyObjects;
  readonly naming: KeyNaming;
  readonly profile: VendorProfile;
  readonly token: TokenReply;
  readonly #keys = new Map<string, CachedKey>();

  private constructor(cryptoki: Cryptoki, request: OpenRequest) {
    this.cryptoki = cryptoki;
    this.naming = new KeyNaming(request.keyNames);
    this.profile = PROFILES[request.profile];
    const { slot, ...token } = findToken(cryptoki, request.token);
    this.token = token;
    this.handle = cryptoki.openSession(slot);
    login(cryptoki, this.handle, { slot, ...token }, request.pin);
    this.objects = new KeyObjects(cryptoki, this.handle);
  }

  /** The first session of this process: loads and initialises the library. */
  static open(request: OpenRequest): TokenSession {
    return new TokenSession(Cryptoki.load(request.module, request.libraryParameters), request);
  }

  /** Closes every session and opens a new one. This one, and every handle of it, is dead then. */
  reopened(request: OpenRequest): TokenSession {
    this.cryptoki.closeAllSessions(findToken(this.cryptoki, request.token).slot);
    return new TokenSession(this.cryptoki, request);
  }

  /**
   * The key with these attributes, from memory where it was found a short while ago.
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

  /** Makes the next {@link key} look for it again. */
  forget(lookup: string): void {
    this.#keys.delete(lookup);
  }

  /**
   * A token whose files are gone finds nothing, which looks like a missing key. It is believed only
   * when it still finds the health-test key, and can use it.
   *
   * @throws TokenFailure `unreachable`
   */
  proveThatItFinds(): void {
    const lookup = this.naming.lookupOf({ externalKeyId: HEALTH_TEST_KEY_ID, version: 1 });
    if (this.objects.findOne(lookup) !== undefined) return;
    throw new TokenFailure(
      'unreachable',
      'the token finds neither the key nor the health-test key: it is not whole',
      'child-lost',
    );
  }
}

function isYoung({ foundAt }: CachedKey, now: number): boolean {
  return now - foundAt < HANDLE_LIFETIME_MS;
}
