import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Secret } from '../shared/secret.js';
import type { KmsClient } from './kms-client.js';
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
    })
    .optional(),
});

const pageSchema = z.looseObject({
  CustomKeyStores: z.array(keyStoreSchema),
  NextMarker: z.string().optional(),
});

const POLL_MS = 2_000;

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

/** Lists all external key stores of the account and Region. @throws KmsError */
export async function listKeyStores(kms: KmsClient): Promise<readonly CustomKeyStore[]> {
  const found: CustomKeyStore[] = [];
  for await (const { CustomKeyStores } of pagesOf(kms, 'DescribeCustomKeyStores', pageSchema)) {
    found.push(...CustomKeyStores);
  }
  return found.filter(({ XksProxyConfiguration }) => XksProxyConfiguration !== undefined);
}

/** Finds a key store by its name in KMS. @throws KmsError */
export async function findKeyStore(
  kms: KmsClient,
  name: string,
): Promise<CustomKeyStore | undefined> {
  const all = await listKeyStores(kms);
  return all.find(({ CustomKeyStoreName }) => CustomKeyStoreName === name);
}

/** The credential in the form of CreateCustomKeyStore and UpdateCustomKeyStore. */
export function authenticationCredential({
  accessKeyId,
  secretAccessKey,
}: ProxyConfiguration): object {
  return { AccessKeyId: accessKeyId, RawSecretAccessKey: secretAccessKey.reveal() };
}

/** The wait for a state. */
export interface Waiting {
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
  { name, state, timeoutMs, pollMs = POLL_MS }: Waiting,
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const store = await findKeyStore(kms, name);
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
    await sleep(pollMs);
  }
}
