import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { register, startWhole } from '../../support/kms-simulator/whole-simulator.js';
import { keyStoreInput } from '../../support/kms-simulator/key-store-input.js';
import { type HoldfastServer, startHoldfast } from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

let server: HoldfastServer;
beforeAll(async () => {
  server = await startHoldfast();
});
afterAll(async () => {
  await server.stop();
});

describe('registering Holdfast with the simulator', () => {
  it.each<readonly [string, object, RegExp]>([
    [
      'a port in the endpoint',
      { XksProxyUriEndpoint: 'https://localhost:8443' },
      /ValidationException/,
    ],
    ['plain HTTP', { XksProxyUriEndpoint: 'http://localhost' }, /ValidationException/],
    ['a path without its end', { XksProxyUriPath: '/quickstart' }, /ValidationException/],
    [
      'a path that the proxy does not have',
      { XksProxyUriPath: '/other/kms/xks/v1' },
      /XksProxyInvalidConfigurationException/,
    ],
    ['no credential', { XksProxyAuthenticationCredential: undefined }, /ValidationException/],
    [
      'a short secret',
      {
        XksProxyAuthenticationCredential: {
          AccessKeyId: 'A'.repeat(20),
          RawSecretAccessKey: 'short',
        },
      },
      /ValidationException/,
    ],
    [
      'a wrong secret',
      {
        XksProxyAuthenticationCredential: {
          AccessKeyId: 'A'.repeat(20),
          RawSecretAccessKey: 'a'.repeat(43),
        },
      },
      /XksProxyIncorrectAuthenticationCredentialException/,
    ],
    [
      'a name that nothing resolves',
      { XksProxyUriEndpoint: 'https://no-such-host.invalid' },
      /XksProxyUriUnreachableException/,
    ],
    [
      'the type AWS_CLOUDHSM',
      { CustomKeyStoreType: 'AWS_CLOUDHSM' },
      /UnsupportedOperationException/,
    ],
    ['a password of CloudHSM', { KeyStorePassword: 'password' }, /ValidationException/],
    ['an empty name', { CustomKeyStoreName: '' }, /ValidationException/],
  ])(
    'CreateCustomKeyStore with %s → an exception and no key store',
    async (_what, changes, exception) => {
      const { client, errors } = await startWhole(server, temporaryFolder());
      const input = { ...keyStoreInput(server, 'quickstart'), ...changes };
      await expect(client.call('CreateCustomKeyStore', input)).rejects.toThrow(exception);
      const { CustomKeyStores } = await client.call('DescribeCustomKeyStores', {});
      expect(CustomKeyStores).toEqual([]);
      expect(errors).toEqual([]);
    },
  );

  it('DescribeCustomKeyStores tells all but the secret, by id and by name, page by page', async () => {
    const { client } = await startWhole(server, temporaryFolder());
    const id = await register(client, server);
    const vpc = {
      ...keyStoreInput(server, 'quickstart'),
      CustomKeyStoreName: 'vpc',
      XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
      XksProxyUriEndpoint: 'https://private.example.com',
      XksProxyVpcEndpointServiceName: 'com.amazonaws.vpce.eu-west-1.vpce-svc-1',
    };
    await client.call('CreateCustomKeyStore', vpc);
    const { CustomKeyStores } = await client.call('DescribeCustomKeyStores', {
      CustomKeyStoreName: 'quickstart',
    });
    expect(CustomKeyStores).toEqual([
      {
        CustomKeyStoreId: id,
        CustomKeyStoreName: 'quickstart',
        ConnectionState: 'CONNECTED',
        CreationDate: expect.any(Number) as number,
        CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
        XksProxyConfiguration: {
          Connectivity: 'PUBLIC_ENDPOINT',
          AccessKeyId: server.credential.accessKeyId,
          UriEndpoint: 'https://localhost',
          UriPath: server.uriPath,
        },
      },
    ]);
    const page = await client.call('DescribeCustomKeyStores', { Limit: 1 });
    expect(page).toMatchObject({ Truncated: true, CustomKeyStores: [{ CustomKeyStoreId: id }] });
    const rest = await client.call('DescribeCustomKeyStores', {
      Limit: 1,
      Marker: page['NextMarker'],
    });
    expect(rest).toMatchObject({
      Truncated: false,
      CustomKeyStores: [{ CustomKeyStoreName: 'vpc' }],
    });
    const describe = (input: object) => client.call('DescribeCustomKeyStores', input);
    await expect(describe({ CustomKeyStoreId: 'cks-0' })).rejects.toThrow(
      /CustomKeyStoreNotFoundException/,
    );
    await expect(describe({ CustomKeyStoreName: 'none' })).rejects.toThrow(
      /CustomKeyStoreNotFoundException/,
    );
    await expect(describe({ CustomKeyStoreId: id, CustomKeyStoreName: 'vpc' })).rejects.toThrow(
      /ValidationException/,
    );
    await expect(describe({ Marker: 'x' })).rejects.toThrow(/InvalidMarkerException/);
  });
});
