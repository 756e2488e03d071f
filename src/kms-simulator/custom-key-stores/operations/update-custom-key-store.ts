import { z } from 'zod';
import { KmsException } from '../../exceptions.js';
import type { KeyStoreChanges } from '../administration.js';
import * as member from './members.js';
import type { KeyStoreOperation } from './operation.js';

const input = z.object({
  CustomKeyStoreId: member.customKeyStoreId,
  NewCustomKeyStoreName: member.customKeyStoreName.optional(),
  XksProxyConnectivity: member.connectivity.optional(),
  XksProxyUriEndpoint: member.uriEndpoint.optional(),
  XksProxyUriPath: member.uriPath.optional(),
  // An empty name takes it away, for a change to a public endpoint.
  XksProxyVpcEndpointServiceName: z.union([member.vpcEndpointServiceName, z.literal('')]).nullish(),
  XksProxyVpcEndpointServiceOwner: member.accountId.optional(),
  XksProxyAuthenticationCredential: member.credential.optional(),
  ...member.ofCloudHsm,
});

/** Changes the settings of a key store, after the proxy has told by them that it is well. */
export const updateCustomKeyStore: KeyStoreOperation<typeof input> = {
  name: 'UpdateCustomKeyStore',
  input,
  run: async (given, call, { administration }) => {
    for (const name of ['CloudHsmClusterId', 'KeyStorePassword'] as const) {
      if (given[name] === undefined) continue;
      throw new KmsException('ValidationException', `${name} is not valid for EXTERNAL_KEY_STORE.`);
    }
    await administration.update(given.CustomKeyStoreId, changesOf(given), call);
    return {};
  },
};

function changesOf(given: z.infer<typeof input>): KeyStoreChanges {
  const credential = given.XksProxyAuthenticationCredential;
  const changes = {
    name: given.NewCustomKeyStoreName,
    connectivity: given.XksProxyConnectivity,
    uriEndpoint: given.XksProxyUriEndpoint,
    uriPath: given.XksProxyUriPath,
    vpcEndpointServiceName:
      given.XksProxyVpcEndpointServiceName === null ? '' : given.XksProxyVpcEndpointServiceName,
    vpcEndpointServiceOwner: given.XksProxyVpcEndpointServiceOwner,
    credential: credential === undefined ? undefined : member.credentialOf(credential),
  };
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}
