import { isIP } from 'node:net';
import { KmsException } from '../exceptions.js';
import { hostOf } from './proxy-side.js';
import type { KeyStoreRecord } from './record.js';

/** Custom key stores that an account may have in a region. @see AWS KMS, Resource quotas */
export const MAX_KEY_STORES = 10;

/** The fields of a key store that no other one of the account may have as well. */
export type Distinctive = Pick<
  KeyStoreRecord,
  'id' | 'name' | 'connectivity' | 'uriEndpoint' | 'uriPath' | 'vpcEndpointServiceName'
>;

/**
 * Refuses a key store that would be too much like another one.
 *
 * @param others the account's key stores
 * @throws KmsException
 * @see AWS KMS API Reference, CreateCustomKeyStore, "Uniqueness requirements"
 */
export function requireDistinct(store: Distinctive, others: readonly KeyStoreRecord[]): void {
  for (const other of others.filter(({ id }) => id !== store.id)) {
    const why = clashOf(store, other);
    if (why === undefined) continue;
    throw new KmsException(why.name, `${why.what} is already associated with ${other.id}.`);
  }
}

function clashOf(
  store: Distinctive,
  other: KeyStoreRecord,
): { readonly name: string; readonly what: string } | undefined {
  if (store.name === other.name) {
    return { name: 'CustomKeyStoreNameInUseException', what: `The name ${store.name}` };
  }
  const isSameEndpoint = store.uriEndpoint.toLowerCase() === other.uriEndpoint.toLowerCase();
  const isVpc = [store, other].some(({ connectivity }) => connectivity === 'VPC_ENDPOINT_SERVICE');
  if (isSameEndpoint && isVpc) {
    return { name: 'XksProxyUriEndpointInUseException', what: store.uriEndpoint };
  }
  if (isSameEndpoint && store.uriPath === other.uriPath) {
    return {
      name: 'XksProxyUriInUseException',
      what: `${store.uriEndpoint}${store.uriPath}`,
    };
  }
  const { vpcEndpointServiceName: service } = store;
  if (service === undefined || service !== other.vpcEndpointServiceName) return undefined;
  return { name: 'XksProxyVpcEndpointServiceInUseException', what: service };
}

/**
 * Checks the endpoint and the VPC endpoint service as far as that can be done without a network.
 *
 * @throws KmsException
 */
export function requireLawfulEndpoint(store: Distinctive, region: string): void {
  const { connectivity, uriEndpoint, vpcEndpointServiceName } = store;
  if (isIP(hostOf(uriEndpoint)) !== 0) {
    throw new KmsException(
      'XksProxyInvalidConfigurationException',
      'The XksProxyUriEndpoint must have a domain name, not an IP address.',
    );
  }
  const isVpc = connectivity === 'VPC_ENDPOINT_SERVICE';
  if (isVpc !== (vpcEndpointServiceName !== undefined)) {
    throw new KmsException(
      'ValidationException',
      isVpc
        ? 'XksProxyVpcEndpointServiceName is required for the connectivity VPC_ENDPOINT_SERVICE.'
        : 'XksProxyVpcEndpointServiceName is not valid for the connectivity PUBLIC_ENDPOINT.',
    );
  }
  if (vpcEndpointServiceName?.includes(`.vpce.${region}.`) === false) {
    throw new KmsException(
      'XksProxyVpcEndpointServiceNotFoundException',
      `The VPC endpoint service ${vpcEndpointServiceName} is not in the Region ${region}.`,
    );
  }
}
