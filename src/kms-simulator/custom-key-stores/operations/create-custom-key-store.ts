import { z } from 'zod';
import { KmsException } from '../../exceptions.js';
import type { NewKeyStore } from '../administration.js';
import * as member from './members.js';
import type { KeyStoreOperation } from './operation.js';

const input = z.object({
  CustomKeyStoreName: member.customKeyStoreName,
  CustomKeyStoreType: z.enum(['AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE']).default('AWS_CLOUDHSM'),
  XksProxyConnectivity: member.connectivity.optional(),
  XksProxyUriEndpoint: member.uriEndpoint.optional(),
  XksProxyUriPath: member.uriPath.optional(),
  XksProxyVpcEndpointServiceName: member.vpcEndpointServiceName.optional(),
  XksProxyVpcEndpointServiceOwner: member.accountId.optional(),
  XksProxyAuthenticationCredential: member.credential.optional(),
  TrustAnchorCertificate: z.string().optional(),
  ...member.ofCloudHsm,
});

type Input = z.infer<typeof input>;

/** Creates an external key store, after the proxy has told that it is well. */
export const createCustomKeyStore: KeyStoreOperation<typeof input> = {
  name: 'CreateCustomKeyStore',
  input,
  run: async (given, call, { administration }) => {
    const CustomKeyStoreId = await administration.create(settingsOf(given), call);
    return { CustomKeyStoreId };
  },
};

function settingsOf(given: Input): NewKeyStore {
  if (given.CustomKeyStoreType !== 'EXTERNAL_KEY_STORE') {
    throw new KmsException(
      'UnsupportedOperationException',
      'The simulator has no AWS CloudHSM key stores: the CustomKeyStoreType must be EXTERNAL_KEY_STORE.',
    );
  }
  for (const name of ['CloudHsmClusterId', 'KeyStorePassword', 'TrustAnchorCertificate'] as const) {
    if (given[name] !== undefined) throw invalid(`${name} is not valid for EXTERNAL_KEY_STORE.`);
  }
  return {
    name: given.CustomKeyStoreName,
    connectivity: required(given, 'XksProxyConnectivity'),
    uriEndpoint: required(given, 'XksProxyUriEndpoint'),
    uriPath: required(given, 'XksProxyUriPath'),
    credential: member.credentialOf(required(given, 'XksProxyAuthenticationCredential')),
    vpcEndpointServiceName: given.XksProxyVpcEndpointServiceName,
    vpcEndpointServiceOwner: given.XksProxyVpcEndpointServiceOwner,
  };
}

function required<Name extends keyof Input>(given: Input, name: Name): NonNullable<Input[Name]> {
  const value = given[name];
  if (value === undefined) {
    throw invalid(`${name} is required for the CustomKeyStoreType EXTERNAL_KEY_STORE.`);
  }
  return value;
}

function invalid(message: string): KmsException {
  return new KmsException('ValidationException', message);
}
