import { standingAt } from '../../key-stores/credentials/standing.js';
import { systemClock } from '../../shared/clock.js';
import { AdminError } from '../admin-error.js';
import type { ShownCredential } from '../contract/credentials.js';
import type { InForce } from '../in-force.js';

/** The part of the server that credentials are looked up in. */
type WithCredentials = Pick<InForce, 'credentials' | 'keyStores'>;

/** Every credential: of each key store those of the configuration, then those of run time. */
export function shownCredentials(inForce: WithCredentials): readonly ShownCredential[] {
  const { keyStores } = inForce.keyStores;
  const served = keyStores.flatMap(({ name }) => credentialsOf(inForce, name));
  return [...served, ...leftBehind(inForce).map((kept) => shownRunTime(inForce, kept))];
}

/** Those of key stores that the configuration has no more. */
export function leftBehind({ keyStores, credentials }: WithCredentials): readonly Kept[] {
  const all = credentials.runTime.list();
  return all.filter(({ keyStore }) => keyStores.findByName(keyStore) === undefined);
}

/** The credentials of one key store, in the same order. */
export function credentialsOf(
  inForce: WithCredentials,
  keyStore: string,
): readonly ShownCredential[] {
  const configured = inForce.keyStores.findByName(keyStore)?.credentials.values() ?? [];
  const now = systemClock.now();
  return [
    ...[...configured].map((credential): ShownCredential => {
      const { accessKeyId, label, notBefore, notAfter } = credential;
      const standing = standingAt(credential, now);
      return {
        ...{ accessKeyId, keyStore, label, source: 'configuration', standing },
        ...{ notBefore: textOf(notBefore), notAfter: textOf(notAfter) },
        lastUsedAt: textOf(inForce.credentials.uses.lastUsedAt(keyStore, accessKeyId)),
      };
    }),
    ...inForce.credentials.runTime
      .list()
      .filter((kept) => kept.keyStore === keyStore)
      .map((kept) => shownRunTime(inForce, kept)),
  ];
}

/** The access key ids that a key store takes signatures of now. */
export function validAccessKeyIds(inForce: WithCredentials, keyStore: string): readonly string[] {
  return credentialsOf(inForce, keyStore)
    .filter(({ standing }) => standing === 'valid')
    .map(({ accessKeyId }) => accessKeyId);
}

/** @throws AdminError `not-found` */
export function requireCredential(inForce: WithCredentials, accessKeyId: string): ShownCredential {
  const found = shownCredentials(inForce).find((each) => each.accessKeyId === accessKeyId);
  if (found !== undefined) return found;
  throw new AdminError(
    'not-found',
    `There is no credential ${accessKeyId}. See: holdfast credentials list.`,
  );
}

type Kept = ReturnType<InForce['credentials']['runTime']['list']>[number];

function shownRunTime({ keyStores, credentials }: WithCredentials, kept: Kept): ShownCredential {
  const { accessKeyId, keyStore, label, notBefore, notAfter, replaces } = kept;
  const { createdAt, createdBy } = kept;
  const isServed = keyStores.findByName(keyStore) !== undefined;
  const own = credentials.runTime.standingOf(keyStore, accessKeyId) ?? 'unreadable';
  const standing = isServed ? own : 'no-key-store';
  const lastUsedAt = textOf(credentials.uses.lastUsedAt(keyStore, accessKeyId));
  return {
    ...{ accessKeyId, keyStore, label, source: 'run-time', standing },
    ...{ createdAt, createdBy, notBefore, notAfter, replaces, lastUsedAt },
  };
}

function textOf(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
