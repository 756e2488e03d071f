import { z } from 'zod';
import {
  authenticationCredential,
  type CustomKeyStore,
  findKeyStore,
  type ProxyConfiguration,
  type Waiting,
  waitForState,
} from '../key-store.js';
import { type KmsClient, KmsError } from '../kms-client.js';
import { status, type StatusOfKey } from './status.js';

/** A key store to register, as KMS is to know it. */
export interface Registration {
  /** Name in KMS. */
  readonly name: string;
  /** `https://` and the name of the proxy. */
  readonly uriEndpoint: string;
  /** Name of the VPC endpoint service; undefined for a public endpoint. */
  readonly vpcEndpointService: string | undefined;
  /** External key of the first KMS key; undefined for none. */
  readonly externalKeyId: string | undefined;
  /** Alias of the first KMS key, with its prefix. */
  readonly alias: string | undefined;
  readonly timeoutMs: number;
  readonly pollMs?: number | undefined;
}

/** KMS has a key store of that name for another proxy, or by another way. */
export class OtherProxyError extends Error {
  override readonly name = 'OtherProxyError';
}

/** The KMS key on the external key is about to be deleted, and KMS allows no other meanwhile. */
export class KeyPendingDeletionError extends Error {
  override readonly name = 'KeyPendingDeletionError';
}

const createdSchema = z.looseObject({ CustomKeyStoreId: z.string() });
const keySchema = z.looseObject({ KeyMetadata: z.looseObject({ Arn: z.string() }) });

/**
 * Registers a key store, connects it, and creates a first KMS key. What is done already is left as
 * it is, so that an interrupted registration can be repeated.
 *
 * @param tell is told of each step that was done
 * @throws KmsError, ConnectionFailedError, OtherProxyError, KeyPendingDeletionError,
 *   SeveralKeyStoresError
 */
export async function register(
  kms: KmsClient,
  proxy: ProxyConfiguration,
  registration: Registration,
  tell: (step: string) => void,
): Promise<void> {
  const { name, timeoutMs, pollMs } = registration;
  const found = await findKeyStore(kms, name);
  const id = found?.CustomKeyStoreId ?? (await create(kms, proxy, registration));
  if (found === undefined) tell(`Created the custom key store ${name}: ${id}`);
  else {
    requireSameProxy(found, proxy, registration);
    tell(`The custom key store ${name} is there: ${id}`);
  }
  await connect(kms, { id, name, timeoutMs, pollMs }, found?.ConnectionState ?? 'DISCONNECTED');
  tell('CONNECTED');
  const { externalKeyId, alias } = registration;
  if (externalKeyId === undefined) return;
  const arn = await keyOn(kms, { customKeyStoreId: id, externalKeyId }, tell);
  if (alias !== undefined) await giveAlias(kms, alias, arn, tell);
}

/** @param state of the key store now */
async function connect(
  kms: KmsClient,
  store: Omit<Waiting, 'state'>,
  state: string,
): Promise<void> {
  const input = { CustomKeyStoreId: store.id };
  if (state === 'FAILED') await kms.call('DisconnectCustomKeyStore', input, z.looseObject({}));
  if (state === 'FAILED' || state === 'DISCONNECTING') {
    await waitForState(kms, { ...store, state: 'DISCONNECTED' });
  }
  if (state !== 'CONNECTED' && state !== 'CONNECTING') {
    await kms.call('ConnectCustomKeyStore', input, z.looseObject({}));
  }
  await waitForState(kms, { ...store, state: 'CONNECTED' });
}

async function create(
  kms: KmsClient,
  proxy: ProxyConfiguration,
  { name, uriEndpoint, vpcEndpointService }: Registration,
): Promise<string> {
  const { CustomKeyStoreId: id } = await kms.call(
    'CreateCustomKeyStore',
    {
      CustomKeyStoreName: name,
      CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
      XksProxyConnectivity:
        vpcEndpointService === undefined ? 'PUBLIC_ENDPOINT' : 'VPC_ENDPOINT_SERVICE',
      XksProxyVpcEndpointServiceName: vpcEndpointService,
      XksProxyUriEndpoint: uriEndpoint,
      XksProxyUriPath: proxy.uriPath,
      XksProxyAuthenticationCredential: authenticationCredential(proxy),
    },
    createdSchema,
  );
  return id;
}

function requireSameProxy(
  { CustomKeyStoreName, XksProxyConfiguration: there }: CustomKeyStore,
  { uriPath }: ProxyConfiguration,
  { uriEndpoint, vpcEndpointService }: Registration,
): void {
  const wanted = wayOf(`${uriEndpoint}${uriPath}`, vpcEndpointService);
  const present = wayOf(
    `${there?.UriEndpoint ?? ''}${there?.UriPath ?? ''}`,
    there?.VpcEndpointServiceName,
  );
  if (present === wanted) return;
  throw new OtherProxyError(
    `KMS has a key store ${CustomKeyStoreName} for ${present}, not for ${wanted}. Choose another name with --name.`,
  );
}

function wayOf(uri: string, vpcEndpointService: string | undefined): string {
  return vpcEndpointService === undefined
    ? `${uri} by its public endpoint`
    : `${uri} by the VPC endpoint service ${vpcEndpointService}`;
}

/** Returns the ARN of the KMS key on an external key, which is created where there is none. */
async function keyOn(
  kms: KmsClient,
  place: {
    readonly customKeyStoreId: string;
    readonly externalKeyId: string;
  },
  tell: (step: string) => void,
): Promise<string> {
  const { customKeyStoreId, externalKeyId } = place;
  const { keyStores, notLookedAt } = await status(kms, customKeyStoreId);
  const there = keyStores[0]?.keys.find((key) => key.externalKeyId === externalKeyId);
  if (there !== undefined) {
    requireKept(there);
    tell(`The KMS key on the external key ${externalKeyId} is there: ${there.arn}`);
    if (there.state === 'Disabled') {
      tell(`It is Disabled. To use it: aws kms enable-key --key-id ${there.arn}`);
    }
    return there.arn;
  }
  if (notLookedAt.length > 0) {
    tell(`${String(notLookedAt.length)} KMS keys could not be looked at: holdfast aws status.`);
  }
  const { KeyMetadata: key } = await kms.call(
    'CreateKey',
    {
      Origin: 'EXTERNAL_KEY_STORE',
      CustomKeyStoreId: customKeyStoreId,
      XksKeyId: externalKeyId,
      Description: `External key ${externalKeyId}, held by Holdfast`,
    },
    keySchema,
  );
  tell(`Created the KMS key ${key.Arn} on the external key ${externalKeyId}`);
  return key.Arn;
}

/** @throws KeyPendingDeletionError */
function requireKept({ arn, externalKeyId, state }: StatusOfKey): void {
  if (state !== 'PendingDeletion') return;
  throw new KeyPendingDeletionError(
    `The KMS key ${arn} on the external key ${externalKeyId} is PendingDeletion, and KMS allows no other on it until it is deleted.\nTo keep it: aws kms cancel-key-deletion --key-id ${arn}, then aws kms enable-key --key-id ${arn}. Otherwise choose another external key.`,
  );
}

/** An alias that another key has stays with that, and the exception of KMS says so. */
async function giveAlias(
  kms: KmsClient,
  alias: string,
  arn: string,
  tell: (step: string) => void,
): Promise<void> {
  try {
    await kms.call('CreateAlias', { AliasName: alias, TargetKeyId: arn }, z.looseObject({}));
    tell(`Created ${alias}`);
  } catch (error) {
    if (!(error instanceof KmsError) || error.name !== 'AlreadyExistsException') throw error;
    const { KeyMetadata: key } = await kms.call('DescribeKey', { KeyId: alias }, keySchema);
    if (key.Arn !== arn) throw error;
    tell(`${alias} is there.`);
  }
}
