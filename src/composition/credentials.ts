import { randomBytes } from 'node:crypto';
import type { Configuration } from '../configuration/schema.js';
import {
  CredentialUses,
  type CredentialUsesPorts,
} from '../key-stores/credentials/credential-uses.js';
import {
  RunTimeCredentials,
  type RunTimeCredentialsPorts,
} from '../key-stores/credentials/run-time-credentials.js';
import type { KeyStoreTable } from '../key-stores/key-store-table.js';
import { timeOf } from '../key-stores/credentials/standing.js';
import { masterKeyFrom } from '../sealing/master-key.js';
import type { WatchedCredential } from './watches.js';
import { counted } from '../shared/counted.js';
import { DAY_MS } from '../shared/durations.js';

/** A credential that expires within so many days is told in the status. */
const EXPIRES_SOON_DAYS = 30;

/**
 * Opens the credentials that administrators have added.
 *
 * @throws CredentialsError
 */
export function openCredentials(
  { state: { sealing } }: Pick<Configuration, 'state'>,
  ports: Omit<RunTimeCredentialsPorts, 'masterKey' | 'randomBytes'>,
): Promise<RunTimeCredentials> {
  const masterKey = sealing && masterKeyFrom(sealing, randomBytes);
  return RunTimeCredentials.open({ ...ports, randomBytes, masterKey });
}

/** Begins to tell when credentials were used last. */
export function startCredentialUses(ports: CredentialUsesPorts): CredentialUses {
  const uses = new CredentialUses(ports);
  uses.start();
  return uses;
}

/** The credentials of key stores in force that end, except those that are disabled. */
export function endingCredentials(
  { keyStores }: KeyStoreTable,
  runTime: Pick<RunTimeCredentials, 'list'>,
): readonly WatchedCredential[] {
  const kept = runTime.list();
  return keyStores.flatMap(({ name: keyStore, credentials }) => [
    ...[...credentials.values()].flatMap(({ accessKeyId, notAfter }) =>
      notAfter === undefined ? [] : [{ keyStore, accessKeyId, expiresAt: notAfter }],
    ),
    ...kept.flatMap(({ accessKeyId, disabled, ...each }) => {
      const expiresAt = timeOf(each.notAfter);
      const isWatched = each.keyStore === keyStore && !disabled && expiresAt !== undefined;
      return isWatched ? [{ keyStore, accessKeyId, expiresAt }] : [];
    }),
  ]);
}

/** Those that have expired or expire soon, one sentence each. */
export function expiringCredentials(
  ending: readonly WatchedCredential[],
  now: number,
): readonly string[] {
  return ending.flatMap(({ keyStore, accessKeyId, expiresAt }) => {
    const days = (expiresAt - now) / DAY_MS;
    if (days >= EXPIRES_SOON_DAYS) return [];
    const when = days < 0 ? 'has expired' : `expires in ${counted(Math.floor(days), 'day')}`;
    return [`the credential ${accessKeyId} of the key store ${keyStore} ${when}`];
  });
}
