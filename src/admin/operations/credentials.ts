import { toConsoleExport } from '../../key-stores/console-export.js';
import type { Credential } from '../../key-stores/credential-generator.js';
import { CredentialsError } from '../../key-stores/credentials/run-time-credentials.js';
import { NoSealingKeyError } from '../../key-stores/credentials/sealed-secrets.js';
import { AdminError } from '../admin-error.js';
import { askState } from '../ask-state.js';
import type { ShownCredential } from '../contract/credentials.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { findKeyStore, type InForce } from '../in-force.js';
import { requireCredential, shownCredentials } from './shown-credentials.js';
import { systemClock } from '../../shared/clock.js';
import { counted } from '../../shared/counted.js';
import { MINUTE_MS } from '../../shared/durations.js';
import { utcMinute } from '../../shared/iso-time.js';

/** Lists credentials. @throws AdminError `not-found` for a key store that nobody knows */
export function listCredentials(
  inForce: InForce,
  { query: { keyStore } }: RequestOf<Routes['listCredentials']>,
): AnswerOf<Routes['listCredentials']> {
  const all = shownCredentials(inForce);
  if (keyStore === undefined) return { credentials: [...all] };
  const credentials = all.filter((each) => each.keyStore === keyStore);
  // One that the configuration has no more may have left credentials behind.
  if (credentials.length === 0) findKeyStore(inForce, keyStore);
  return { credentials };
}

/** Makes a credential. @throws AdminError */
export async function addCredential(
  inForce: InForce,
  { pathParameters, body }: RequestOf<Routes['addCredential']>,
  createdBy: string,
): Promise<AnswerOf<Routes['addCredential']>> {
  const { name: keyStore } = findKeyStore(inForce, pathParameters.keyStore);
  const { replaces } = body;
  if (replaces !== undefined && requireCredential(inForce, replaces).keyStore !== keyStore) {
    const message = `The credential ${replaces} is of another key store than "${keyStore}".`;
    throw new AdminError('conflict', message);
  }
  requireFuture(body.notAfter);
  const configured = inForce.keyStores.keyStores.flatMap(({ credentials }) => [
    ...credentials.keys(),
  ]);
  const wanted = { keyStore, createdBy, ...body };
  const { secretAccessKey, ...added } = await ask(() =>
    inForce.credentials.runTime.add(wanted, (id) => configured.includes(id)),
  );
  return { ...added, keyStore, secretAccessKey: secretAccessKey.reveal() };
}

/** @throws AdminError `invalid-request` for a credential that would never be valid */
function requireFuture(notAfter: string | undefined): void {
  if (notAfter === undefined || Date.parse(notAfter) > systemClock.now()) return;
  throw new AdminError(
    'invalid-request',
    `The credential would never be valid: the end of its time, ${notAfter}, has passed.`,
  );
}

/** Refuses what is signed with a credential. @throws AdminError */
export async function disableCredential(
  inForce: InForce,
  { pathParameters: { accessKeyId }, body: { force } }: RequestOf<Routes['disableCredential']>,
): Promise<AnswerOf<Routes['disableCredential']>> {
  const credential = requireRunTime(inForce, accessKeyId);
  if (!force && credential.standing !== 'disabled') await requireUnused(inForce, credential);
  return changed(inForce, accessKeyId, true);
}

/** Takes what is signed with a credential again. @throws AdminError */
export async function enableCredential(
  inForce: InForce,
  { pathParameters: { accessKeyId } }: RequestOf<Routes['enableCredential']>,
): Promise<AnswerOf<Routes['enableCredential']>> {
  requireRunTime(inForce, accessKeyId);
  return changed(inForce, accessKeyId, false);
}

async function changed(
  inForce: InForce,
  accessKeyId: string,
  disabled: boolean,
): Promise<AnswerOf<Routes['disableCredential']>> {
  const { runTime } = inForce.credentials;
  const confirmation = await ask(() => runTime.setDisabled(accessKeyId, disabled));
  return { ...requireCredential(inForce, accessKeyId), ...confirmation };
}

/** Removes a credential for good. @throws AdminError */
export async function removeCredential(
  inForce: InForce,
  { pathParameters: { accessKeyId }, body: { force } }: RequestOf<Routes['removeCredential']>,
): Promise<AnswerOf<Routes['removeCredential']>> {
  const credential = requireRunTime(inForce, accessKeyId);
  if (!force) await requireUnused(inForce, credential);
  const confirmation = await ask(() => inForce.credentials.runTime.remove(accessKeyId));
  return { accessKeyId, keyStore: credential.keyStore, ...confirmation };
}

/** The file that the KMS console takes, with one credential. @throws AdminError */
export async function exportCredential(
  inForce: InForce,
  { pathParameters: { accessKeyId } }: RequestOf<Routes['exportCredential']>,
): Promise<AnswerOf<Routes['exportCredential']>> {
  const { keyStore } = requireCredential(inForce, accessKeyId);
  const { uriPath } = findKeyStore(inForce, keyStore);
  return toConsoleExport(uriPath, await revealed(inForce, { keyStore, accessKeyId }));
}

/** A credential with its secret, whatever its standing. @throws AdminError */
export async function revealed(
  inForce: InForce,
  { keyStore, accessKeyId }: Pick<ShownCredential, 'accessKeyId' | 'keyStore'>,
): Promise<Credential> {
  const configured = inForce.keyStores.findByName(keyStore)?.credentials.get(accessKeyId);
  if (configured !== undefined) return configured;
  const secretAccessKey = await ask(() => inForce.credentials.runTime.reveal(accessKeyId));
  return { accessKeyId, secretAccessKey };
}

/** @throws AdminError `not-found`; `conflict` for one of the configuration */
function requireRunTime(inForce: InForce, accessKeyId: string): ShownCredential {
  const credential = requireCredential(inForce, accessKeyId);
  if (credential.source === 'run-time') return credential;
  throw new AdminError(
    'conflict',
    `The credential ${accessKeyId} stands in the configuration (${inForce.facts.generation.file}), ` +
      'and is changed there: it cannot be changed at run time.',
  );
}

/** @throws AdminError `in-use` */
async function requireUnused(
  { keyStores, credentials: { uses } }: InForce,
  { keyStore, accessKeyId }: ShownCredential,
): Promise<void> {
  const inUseMs = keyStores.findByName(keyStore)?.credentialInUseMs;
  // Nobody can sign for a key store that there is no more.
  if (inUseMs === undefined) return;
  await uses.tell();
  const unusedForMs = uses.unusedForMs(keyStore, accessKeyId);
  if (unusedForMs !== undefined && unusedForMs < inUseMs) {
    const usedAt = uses.lastUsedAt(keyStore, accessKeyId) ?? 0;
    throw new AdminError(
      'in-use',
      `The credential ${accessKeyId} was used at ${utcMinute(usedAt)}, ` +
        `within the last ${counted(inUseMs / MINUTE_MS, 'minute')}: KMS may still sign with it. ` +
        // The whole minute of the last use counts.
        `Wait until it is unused, at ${utcMinute(usedAt + MINUTE_MS + inUseMs)} at the earliest, or ` +
        'add --force.',
    );
  }
  if (uses.problems.length === 0) return;
  throw new AdminError(
    'in-use',
    `Nobody here knows whether another replica has used the credential ${accessKeyId}: ` +
      `${uses.problems.join('; ')}. Add --force to go on without that.`,
  );
}

/** Asks for something of run-time credentials, and tells failures in the admin API's words. */
async function ask<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await askState(work);
  } catch (error) {
    const isKnown = error instanceof NoSealingKeyError || error instanceof CredentialsError;
    if (!isKnown) throw error;
    throw new AdminError('misconfigured', error.message, { cause: error });
  }
}
