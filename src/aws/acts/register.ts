import { z } from 'zod';
import {
  authenticationCredential,
  type CustomKeyStore,
  findKeyStore,
  type ProxyConfiguration,
  waitForState,
} from '../key-store.js';
import { type KmsClient, KmsError } from '../kms-client.js';
import { status } from './status.js';

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

/** KMS has a key store of that name for another proxy. */
export class OtherProxyError extends Error {
  override readonly name = 'OtherProxyError';
}

const createdSchema = z.looseObject({ CustomKeyStoreId: z.string() });
const keySchema = z.looseObject({ KeyMetadata: z.looseObject({ Arn: z.string() }) });

/**
 * Registers a key store, connects it, and creates a first KMS key. What is done already is left as
 * it is, so that an interrupted registration can be repeated.
 *
 * @param tell is told of each step that was done
 * @throws KmsError, ConnectionFailedError, OtherProxyError
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
  const state = found?.ConnectionState ?? 'DISCONNECTED';
  if (state === 'FAILED') {
    await kms.call('DisconnectCustomKeyStore', { CustomKeyStoreId: id }, z.looseObject({}));
  }
  if (state === 'FAILED' || state === 'DISCONNECTING') {
    await waitForState(kms, { name, state: 'DISCONNECTED', timeoutMs, pollMs });
  }
  if (state !== 'CONNECTED' && state !== 'CONNECTING') {
    await kms.call('ConnectCustomKeyStore', { CustomKeyStoreId: id }, z.looseObject({}));
  }
  await waitForState(kms, { name, state: 'CONNECTED', timeoutMs, pollMs });
  tell('CONNECTED');
  const { externalKeyId, alias } = registration;
  if (externalKeyId === undefined) return;
  const arn = await keyOn(kms, { customKeyStoreId: id, name, externalKeyId }, tell);
  if (alias !== undefined) await giveAlias(kms, alias, arn, tell);
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
  { uriEndpoint }: Registration,
): void {
  if (there?.UriEndpoint === uriEndpoint && there.UriPath === uriPath) return;
  throw new OtherProxyError(
    `KMS has a key store ${CustomKeyStoreName} for ${there?.UriEndpoint ?? ''}${there?.UriPath ?? ''}, not for ${uriEndpoint}${uriPath}. Choose another name with --name.`,
  );
}

/** Returns the ARN of the KMS key on an external key, which is created where there is none. */
async function keyOn(
  kms: KmsClient,
  place: {
    readonly customKeyStoreId: string;
    readonly name: string;
    readonly externalKeyId: string;
  },
  tell: (step: string) => void,
): Promise<string> {
  const { customKeyStoreId, name, externalKeyId } = place;
  const [store] = await status(kms, name);
  const there = store?.keys.find((key) => key.externalKeyId === externalKeyId);
  if (there !== undefined) {
    tell(`The KMS key on the external key ${externalKeyId} is there: ${there.arn}`);
    return there.arn;
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
