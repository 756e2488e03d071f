import { z } from 'zod';
import { connectionAdvice } from '../advice.js';
import { type CustomKeyStore, keyStoresOf, listKeyStores } from '../key-store.js';
import { KmsAnswerError, type KmsClient, KmsError } from '../kms-client.js';
import { pagesOf } from '../pages.js';

const keysSchema = z.looseObject({
  Keys: z.array(z.looseObject({ KeyId: z.string() })),
  NextMarker: z.string().optional(),
});
const keySchema = z.looseObject({
  KeyMetadata: z.looseObject({
    Arn: z.string(),
    KeyState: z.string(),
    CustomKeyStoreId: z.string().optional(),
    XksKeyConfiguration: z.looseObject({ Id: z.string() }).optional(),
  }),
});

/** A KMS key of an external key store. */
export interface StatusOfKey {
  readonly arn: string;
  readonly state: string;
  readonly externalKeyId: string;
}

/** An external key store as KMS sees it. */
export interface StatusOfKeyStore {
  readonly name: string;
  readonly id: string;
  readonly connectionState: string;
  readonly connectionErrorCode?: string | undefined;
  /** The thing to do, where the connection failed. */
  readonly advice?: string | undefined;
  readonly uri: string;
  /** The credential that KMS signs with. */
  readonly accessKeyId: string;
  readonly keys: readonly StatusOfKey[];
}

/** A KMS key that could not be described. It may be one of an external key store. */
export interface UnseenKey {
  readonly keyId: string;
  /** Name of the exception, where KMS gave one. */
  readonly exception?: string | undefined;
  readonly message: string;
}

/** External key stores, and the KMS keys that may be missing among theirs. */
export interface Status {
  readonly keyStores: readonly StatusOfKeyStore[];
  readonly notLookedAt: readonly UnseenKey[];
}

/**
 * Exceptions that are about whoever calls, and the same for every key.
 *
 * @see AWS KMS API Reference, Common Errors
 */
const ABOUT_THE_CALLER: ReadonlySet<string> = new Set([
  'ExpiredTokenException',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'OptInRequired',
  'RequestExpired',
  'UnrecognizedClientException',
]);

/**
 * Describes external key stores and their KMS keys. A key that cannot be described hides no other.
 *
 * @param idOrName of one of them in KMS; undefined for all
 * @throws KmsError, KmsAnswerError, or the network's error
 */
export async function status(kms: KmsClient, idOrName: string | undefined): Promise<Status> {
  const all = await listKeyStores(kms);
  const stores = idOrName === undefined ? all : keyStoresOf(all, idOrName);
  if (stores.length === 0) return { keyStores: [], notLookedAt: [] };
  const { byStore, notLookedAt } = await keysByStore(kms);
  const keyStores = stores.map((store) =>
    statusOf(store, byStore.get(store.CustomKeyStoreId) ?? []),
  );
  return { keyStores, notLookedAt };
}

function statusOf(store: CustomKeyStore, keys: readonly StatusOfKey[]): StatusOfKeyStore {
  const { ConnectionErrorCode: code, XksProxyConfiguration: proxy } = store;
  return {
    name: store.CustomKeyStoreName,
    id: store.CustomKeyStoreId,
    connectionState: store.ConnectionState,
    ...(code === undefined ? {} : { connectionErrorCode: code, advice: connectionAdvice(code) }),
    uri: `${proxy?.UriEndpoint ?? ''}${proxy?.UriPath ?? ''}`,
    accessKeyId: proxy?.AccessKeyId ?? '',
    keys,
  };
}

/** The KMS keys of an account. */
interface SeenKeys {
  readonly byStore: ReadonlyMap<string, StatusOfKey[]>;
  readonly notLookedAt: readonly UnseenKey[];
}

/** KMS has no list of the keys of a key store: every key of the account is described. */
async function keysByStore(kms: KmsClient): Promise<SeenKeys> {
  const byStore = new Map<string, StatusOfKey[]>();
  const notLookedAt: UnseenKey[] = [];
  for await (const page of pagesOf(kms, 'ListKeys', keysSchema)) {
    for (const { KeyId } of page.Keys) {
      const key = await described(kms, KeyId);
      if ('message' in key) notLookedAt.push(key);
      else if (key.customKeyStoreId !== undefined) {
        const keys = byStore.get(key.customKeyStoreId) ?? [];
        byStore.set(key.customKeyStoreId, keys);
        keys.push(key.status);
      }
    }
  }
  return { byStore, notLookedAt };
}

/** A KMS key of any kind. */
interface SeenKey {
  readonly customKeyStoreId: string | undefined;
  readonly status: StatusOfKey;
}

async function described(kms: KmsClient, keyId: string): Promise<SeenKey | UnseenKey> {
  try {
    const { KeyMetadata: key } = await kms.call('DescribeKey', { KeyId: keyId }, keySchema);
    const externalKeyId = key.XksKeyConfiguration?.Id ?? '';
    const status = { arn: key.Arn, state: key.KeyState, externalKeyId };
    return { customKeyStoreId: key.CustomKeyStoreId, status };
  } catch (error) {
    if (error instanceof KmsAnswerError) return { keyId, message: error.message };
    if (!(error instanceof KmsError) || ABOUT_THE_CALLER.has(error.name)) throw error;
    return { keyId, exception: error.name, message: error.message };
  }
}
