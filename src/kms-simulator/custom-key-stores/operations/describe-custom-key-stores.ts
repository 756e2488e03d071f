import { z } from 'zod';
import { KmsException } from '../../exceptions.js';
import type { CustomKeyStores } from '../custom-key-stores.js';
import type { KeyStoreRecord } from '../record.js';
import { customKeyStoreId, customKeyStoreName } from './members.js';
import type { KeyStoreOperation } from './operation.js';

const SECOND_MS = 1000;
/** As many as an account can have; KMS's own number is not documented. */
const DEFAULT_LIMIT = 100;

const input = z.object({
  CustomKeyStoreId: customKeyStoreId.optional(),
  CustomKeyStoreName: customKeyStoreName.optional(),
  Limit: z.int().min(1).max(1000).optional(),
  Marker: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[\u0020-\u00FF]*$/)
    .optional(),
});

type Input = z.infer<typeof input>;

/** Lists key stores of the caller's account, or tells of one. */
export const describeCustomKeyStores: KeyStoreOperation<typeof input> = {
  name: 'DescribeCustomKeyStores',
  input,
  run: (given, { account }, { stores }) => {
    const found = chosen(given, stores, account);
    const start = startOf(given, found);
    const page = found.slice(start, start + (given.Limit ?? DEFAULT_LIMIT));
    const next = found[start + page.length];
    return Promise.resolve({
      CustomKeyStores: page.map(entryOf),
      ...(next === undefined ? {} : { NextMarker: markerOf(next) }),
      Truncated: next !== undefined,
    });
  },
};

function chosen(
  { CustomKeyStoreId: id, CustomKeyStoreName: name }: Input,
  stores: CustomKeyStores,
  account: string,
): readonly KeyStoreRecord[] {
  if (id !== undefined && name !== undefined) {
    throw new KmsException(
      'ValidationException',
      'Only one of CustomKeyStoreId and CustomKeyStoreName can be specified.',
    );
  }
  if (id !== undefined) return [stores.get(id, account)];
  const found = stores.list(account).filter((store) => name === undefined || store.name === name);
  if (name === undefined || found.length > 0) return found;
  throw new KmsException(
    'CustomKeyStoreNotFoundException',
    `A custom key store with the name ${name} does not exist.`,
  );
}

function startOf({ Marker }: Input, found: readonly KeyStoreRecord[]): number {
  if (Marker === undefined) return 0;
  const start = found.findIndex((store) => markerOf(store) === Marker);
  if (start >= 0) return start;
  throw new KmsException('InvalidMarkerException', 'The marker is not one of a former answer.');
}

/** Opaque to callers, and no id of its own accord. */
function markerOf({ id }: KeyStoreRecord): string {
  return Buffer.from(`next ${id}`).toString('base64url');
}

function entryOf(store: KeyStoreRecord): Record<string, unknown> {
  return {
    CustomKeyStoreId: store.id,
    CustomKeyStoreName: store.name,
    ConnectionState: store.connectionState,
    ConnectionErrorCode: store.connectionErrorCode,
    CreationDate: store.createdAt / SECOND_MS,
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConfiguration: {
      Connectivity: store.connectivity,
      AccessKeyId: store.credential.accessKeyId,
      UriEndpoint: store.uriEndpoint,
      UriPath: store.uriPath,
      VpcEndpointServiceName: store.vpcEndpointServiceName,
      VpcEndpointServiceOwner: store.vpcEndpointServiceOwner,
    },
  };
}
