import type { ExternalKeyRecords } from '../external-keys/external-key-records.js';
import type { KeyUse } from '../external-keys/use/key-use.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import type { CredentialUses } from '../key-stores/credentials/credential-uses.js';
import { KeyStoreCredentials } from '../key-stores/credentials/key-store-credentials.js';
import {
  CredentialsError,
  type RunTimeCredentials,
} from '../key-stores/credentials/run-time-credentials.js';
import type { KeyStore } from '../key-stores/key-store.js';
import type { KeyStoreTable } from '../key-stores/key-store-table.js';
import { KeyStoreQuotas, type QuotaMeters } from '../key-stores/quotas/quotas.js';
import type { ServedKeyStore, ServedPolicies } from '../pipeline/context.js';
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
  readonly records: ExternalKeyRecords;
  readonly keyUse: Pick<KeyUse, 'notesOf'>;
  readonly quotaMeters: QuotaMeters;
  /** The credentials that are added at run time. */
  readonly credentials: RunTimeCredentials;
  readonly credentialUses: Pick<CredentialUses, 'notesOf'>;
  /** By the names of the key stores that have any. */
  readonly policies: ReadonlyMap<string, ServedPolicies>;
}

/**
 * Gives each key store its key manager and a verifier of its own, so that a credential is worth
 * nothing anywhere else.
 *
 * @returns by path prefix
 * @throws CredentialsError for a credential of the configuration that was added at run time, too
 */
export function serveKeyStores(
  { keyStores }: KeyStoreTable,
  keyManagers: ReadonlyMap<string, KeyManager>,
  ports: KeyStorePorts,
): ReadonlyMap<string, ServedKeyStore> {
  const { clock, randomBytes, records, keyUse, quotaMeters, policies: allPolicies } = ports;
  return new Map(
    keyStores.map((keyStore) => {
      const { name, pathPrefix, region, exposes, ciphertextFormats } = keyStore;
      const keyManager = keyManagers.get(keyStore.keyManager);
      invariant(keyManager !== undefined, 'the configuration names key managers that it has');
      const decoySecret = new Secret(randomBytes(DECOY_BYTES).toString('base64'));
      requireNoneTwice(keyStore, ports.credentials);
      const credentials = new KeyStoreCredentials(keyStore, {
        clock,
        runTime: ports.credentials,
        notes: ports.credentialUses.notesOf(name),
      });
      const verifier = new SignatureVerifier({ credentials, region, clock, decoySecret });
      const keys = records.of(keyManager.name);
      const uses = keyUse.notesOf(keyManager.name);
      const quotas = quotasOf(keyStore, { meters: quotaMeters, clock });
      const policies = allPolicies.get(name);
      const keysAndUse = { keyManager, keys, uses, exposes, ciphertextFormats };
      return [pathPrefix, { name, verifier, quotas, policies, ...keysAndUse }];
    }),
  );
}

function quotasOf(
  { name, quotas }: KeyStore,
  ports: { readonly meters: QuotaMeters; readonly clock: Clock },
): KeyStoreQuotas | undefined {
  return quotas && new KeyStoreQuotas({ name, quotas }, ports);
}

function requireNoneTwice({ name, credentials }: KeyStore, runTime: RunTimeCredentials): void {
  for (const accessKeyId of credentials.keys()) {
    const other = runTime.find(accessKeyId);
    if (other === undefined) continue;
    throw new CredentialsError(
      `The credential ${accessKeyId} of the key store ${name} in the configuration was added at ` +
        `run time as well, to the key store ${other.keyStore}: take it out of the configuration, ` +
        'or remove the other one (holdfast credentials remove).',
    );
  }
}
