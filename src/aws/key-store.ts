import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Secret } from '../shared/secret.js';
import { type KmsClient, KmsError } from './kms-client.js';
import { pagesOf } from './pages.js';

const keyStoreSchema = z.looseObject({
  CustomKeyStoreId: z.string(),
  CustomKeyStoreName: z.string(),
  CustomKeyStoreType: z.string().optional(),
  ConnectionState: z.string(),
  ConnectionErrorCode: z.string().optional(),
  XksProxyConfiguration: z
    .looseObject({
      AccessKeyId: z.string(),
      UriEndpoint: z.string(),
      UriPath: z.string(),
      Connectivity: z.string(),
      VpcEndpointServiceName: z.string().optional(),
    })
    .optional(),
});

const pageSchema = z.looseObject({
  CustomKeyStores: z.array(keyStoreSchema),
  NextMarker: z.string().optional(),
});

const POLL_MS = 2_000;
/** The first pause, which doubles: what is quick is told soon. */
const FIRST_POLL_MS = 250;

/** A custom key store, as KMS describes it. */
export type CustomKeyStore = z.output<typeof keyStoreSchema>;

/** The credential and the path of a key store, as its proxy gives them to KMS. */
export interface ProxyConfiguration {
  readonly uriPath: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
}

/** The connection of a key store has failed, or takes too long. */
export class ConnectionFailedError extends Error {
  override readonly name = 'ConnectionFailedError';

  readonly code: string | undefined;

  /** @param code ConnectionErrorCode; undefined where the time ran out */
  constructor(code: string | undefined, message: string) {
    super(message);
    this.code = code;
  }
}

/** More than one key store in KMS is meant. */
export class SeveralKeyStoresError extends Error {
  override readonly name = 'SeveralKeyStoresError';
}

/** Lists all external key stores of the account and Region. @throws KmsError */
export async function listKeyStores(kms: KmsClient): Promise<readonly CustomKeyStore[]> {
  const found: CustomKeyStore[] = [];
  for await (const { CustomKeyStores } of pagesOf(kms, 'DescribeCustomKeyStores', pageSchema)) {
    found.push(...CustomKeyStores);
  }
  return found.filter(({ XksProxyConfiguration }) => XksProxyConfiguration !== undefined);
}

/**
 * Finds a key store by its id or its name in KMS.
 *
 * @throws KmsError, or SeveralKeyStoresError
 */
export async function findKeyStore(
  kms: KmsClient,
  idOrName: string,
): Promise<CustomKeyStore | undefined> {
  return onlyOne(keyStoresOf(await listKeyStores(kms), idOrName), `are ${idOrName}`);
}

/** Picks the key stores with an id or a name. */
export function keyStoresOf(
  stores: readonly CustomKeyStore[],
  idOrName: string,
): readonly CustomKeyStore[] {
  return stores.filter(({ CustomKeyStoreId: id, CustomKeyStoreName: name }) =>
    [id, name].includes(idOrName),
  );
}

/**
 * The key store among those that match; undefined for none.
 *
 * @param matched words for what they have in common
 * @throws SeveralKeyStoresError
 */
export function onlyOne(
  found: readonly CustomKeyStore[],
  matched: string,
): CustomKeyStore | undefined {
  if (found.length <= 1) return found[0];
  const each = found.map(
    ({ CustomKeyStoreId, CustomKeyStoreName, XksProxyConfiguration: proxy }) =>
      `${CustomKeyStoreId} (${CustomKeyStoreName}, ${proxy?.UriEndpoint ?? ''}${proxy?.UriPath ?? ''})`,
  );
  throw new SeveralKeyStoresError(
    `${String(found.length)} external key stores in KMS ${matched}: ${each.join(', ')}. Name one by its id.`,
  );
}

/** The credential in the form of CreateCustomKeyStore and UpdateCustomKeyStore. */
export function authenticationCredential({
  accessKeyId,
  secretAccessKey,
}: ProxyConfiguration): object {
  return { AccessKeyId: accessKeyId, RawSecretAccessKey: secretAccessKey.reveal() };
}

/** Looks at a key store again; undefined where it is gone. @throws KmsError */
async function keyStoreWithId(
  kms: KmsClient,
  CustomKeyStoreId: string,
): Promise<CustomKeyStore | undefined> {
  try {
    const input = { CustomKeyStoreId };
    return (await kms.call('DescribeCustomKeyStores', input, pageSchema)).CustomKeyStores[0];
  } catch (error) {
    if (error instanceof KmsError && error.name === 'CustomKeyStoreNotFoundException') return;
    throw error;
  }
}

/** The wait for a state. */
export interface Waiting {
  readonly id: string;
  /** For what is said of it. */
  readonly name: string;
  readonly state: 'CONNECTED' | 'DISCONNECTED';
  readonly timeoutMs: number;
  /** Time between two looks. */
  readonly pollMs?: number | undefined;
}

/**
 * Waits until a key store is connected, or disconnected.
 *
 * @throws ConnectionFailedError, or KmsError
 */
export async function waitForState(
  kms: KmsClient,
  { id, name, state, timeoutMs, pollMs = POLL_MS }: Waiting,
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  for (let pauseMs = FIRST_POLL_MS; ; pauseMs *= 2) {
    const store = await keyStoreWithId(kms, id);
    if (store?.ConnectionState === state) return;
    if (store?.ConnectionState === 'FAILED') {
      const code = store.ConnectionErrorCode ?? 'UNKNOWN';
      throw new ConnectionFailedError(code, `${name} could not be connected: ${code}.`);
    }
    if (performance.now() >= giveUpAt) {
      const now = store?.ConnectionState ?? 'gone';
      const message = `${name} is ${now} after ${String(timeoutMs / 1000)} s, and not ${state}.`;
      throw new ConnectionFailedError(undefined, message);
    }
    await sleep(Math.min(pauseMs, pollMs));
  }
}
