import { z } from 'zod';
import { KmsException } from '../../exceptions.js';
import { pageOf } from '../../operations/pages.js';
import { limit, marker } from '../../protocol/inputs.js';
import type { CustomKeyStores } from '../custom-key-stores.js';
import type { KeyStoreRecord } from '../record.js';
import { customKeyStoreId, customKeyStoreName } from './members.js';
import type { KeyStoreOperation } from './operation.js';
import { SECOND_MS } from '../../../shared/durations.js';

/** As many as an account can have; KMS's own number is not documented. */
const PAGE = { usual: 100, most: 1000 };
/** More than a time in ms since 1970 has. */
const TIME_DIGITS = 16;

const input = z.object({
  CustomKeyStoreId: customKeyStoreId.optional(),
  CustomKeyStoreName: customKeyStoreName.optional(),
  Limit: limit,
  Marker: marker,
});

type Input = z.infer<typeof input>;

/** Lists key stores of the caller's account, or tells of one. */
export const describeCustomKeyStores: KeyStoreOperation<typeof input> = {
  name: 'DescribeCustomKeyStores',
  input,
  run: (given, { account }, { stores }) => {
    const found = chosen(given, stores, account);
    const { items, more } = pageOf(found, placeOf, given, PAGE);
    return Promise.resolve({ CustomKeyStores: items.map(entryOf), ...more });
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

/** The place of a key store in the list: the oldest comes first. */
function placeOf({ createdAt, id }: KeyStoreRecord): string {
  return `${String(createdAt).padStart(TIME_DIGITS, '0')} ${id}`;
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
