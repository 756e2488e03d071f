import type { KeyManager } from '../key-managers/key-manager.js';
import type { KeyStoreTable } from '../key-stores/key-store-table.js';
import type { ServedKeyStore } from '../pipeline/context.js';
import { invariant } from '../shared/assert.js';
import type { Clock } from '../shared/clock.js';
import type { RandomBytes } from '../shared/randomness.js';
import { Secret } from '../shared/secret.js';
import { SignatureVerifier } from '../sigv4/verifier.js';

const DECOY_BYTES = 33;

/** The services that key stores share. */
export interface KeyStorePorts {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

/**
 * Gives each key store its key manager and a verifier of its own, so that a credential is worth
 * nothing anywhere else.
 *
 * @returns by path prefix
 */
export function serveKeyStores(
  { keyStores }: KeyStoreTable,
  keyManagers: ReadonlyMap<string, KeyManager>,
  { clock, randomBytes }: KeyStorePorts,
): ReadonlyMap<string, ServedKeyStore> {
  return new Map(
    keyStores.map((keyStore) => {
      const { name, pathPrefix, credentials, region, exposes, ciphertextFormats } = keyStore;
      const keyManager = keyManagers.get(keyStore.keyManager);
      invariant(keyManager !== undefined, 'the configuration names key managers that it has');
      const decoySecret = new Secret(randomBytes(DECOY_BYTES).toString('base64'));
      const verifier = new SignatureVerifier({ credentials, region, clock, decoySecret });
      return [pathPrefix, { name, verifier, keyManager, exposes, ciphertextFormats }];
    }),
  );
}
