import type { Secret } from '../shared/secret.js';
import { deriveSigningKey, type SigningScope } from './signing-key.js';

/** Two dates, a dozen regions, and room; a midnight drops the oldest. */
const MAX_SCOPES = 64;

/** The keys of one secret, by the parts of their scope that differ. */
type KeysByScope = Map<string, Buffer>;

/**
 * The signing keys that secrets have led to. They are kept for as long as somebody holds the
 * secret, and no longer: a credential that is removed takes them along.
 */
export class SigningKeys {
  readonly #keys = new WeakMap<Secret, KeysByScope>();

  /** The signing key of a secret, out of memory or derived. */
  of(secret: Secret, scope: SigningScope): Buffer {
    return this.#keys.get(secret)?.get(nameOf(scope)) ?? deriveSigningKey(secret, scope);
  }

  /**
   * Keeps a key. To be called after a successful verification alone, so that nobody without a
   * secret can grow it.
   *
   * @returns false where it is kept already
   */
  keep(secret: Secret, scope: SigningScope, signingKey: Buffer): boolean {
    const keys: KeysByScope = this.#keys.get(secret) ?? new Map<string, Buffer>();
    const name = nameOf(scope);
    if (keys.has(name)) return false;
    for (const oldest of keys.keys()) {
      if (keys.size < MAX_SCOPES) break;
      keys.delete(oldest);
    }
    keys.set(name, signingKey);
    this.#keys.set(secret, keys);
    return true;
  }
}

function nameOf({ date, region }: SigningScope): string {
  return `${date}/${region}`;
}
