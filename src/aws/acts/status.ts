import { z } from 'zod';
import { connectionAdvice } from '../advice.js';
import { type CustomKeyStore, listKeyStores } from '../key-store.js';
import type { KmsClient } from '../kms-client.js';
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

/**
 * Describes external key stores and their KMS keys.
 *
 * @param name of one of them in KMS; undefined for all
 * @throws KmsError
 */
export async function status(
  kms: KmsClient,
  name: string | undefined,
): Promise<readonly StatusOfKeyStore[]> {
  const stores = (await listKeyStores(kms)).filter(
    ({ CustomKeyStoreName }) => name === undefined || CustomKeyStoreName === name,
  );
  if (stores.length === 0) return [];
  const keys = await keysByStore(kms);
  return stores.map((store) => statusOf(store, keys.get(store.CustomKeyStoreId) ?? []));
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

/** KMS has no list of the keys of a key store: every key of the account is described. */
async function keysByStore(kms: KmsClient): Promise<ReadonlyMap<string, StatusOfKey[]>> {
  const byStore = new Map<string, StatusOfKey[]>();
  for await (const page of pagesOf(kms, 'ListKeys', keysSchema)) {
    for (const { KeyId } of page.Keys) {
      const { KeyMetadata: key } = await kms.call('DescribeKey', { KeyId }, keySchema);
      if (key.CustomKeyStoreId === undefined) continue;
      const keys = byStore.get(key.CustomKeyStoreId) ?? [];
      byStore.set(key.CustomKeyStoreId, keys);
      const externalKeyId = key.XksKeyConfiguration?.Id ?? '';
      keys.push({ arn: key.Arn, state: key.KeyState, externalKeyId });
    }
  }
  return byStore;
}
