import { describe, expect, it } from 'vitest';
import type { NewKeyStore } from '../../../../src/kms-simulator/custom-key-stores/administration.js';
import {
  ACCOUNT,
  callOf,
  makeKeyStores,
  settingsOf,
  VPC,
  wayTo,
} from '../../../support/kms-simulator/key-stores.js';
import {
  allUnavailable,
  answering,
  operationsOf,
  startSmallProxy,
} from '../../../support/kms-simulator/small-proxy.js';

describe('CreateCustomKeyStore', () => {
  it('asks for health, and leaves the key store disconnected', async () => {
    const proxy = await startSmallProxy();
    const { keyStores } = makeKeyStores(wayTo(proxy));
    const { administration, stores } = keyStores;
    const id = await administration.create(settingsOf(), callOf('CreateCustomKeyStore'));
    expect(id).toMatch(/^cks-[0-9a-f]{17}$/);
    expect(stores.get(id, ACCOUNT).connectionState).toBe('DISCONNECTED');
    expect(operationsOf(proxy)).toEqual(['CreateCustomKeyStore']);
  });

  it.each([
    ['AuthenticationFailedException', 'XksProxyIncorrectAuthenticationCredentialException'],
    ['InvalidUriPathException', 'XksProxyInvalidConfigurationException'],
    ['ValidationException', 'XksProxyInvalidResponseException'],
    ['InternalException', 'XksProxyInvalidResponseException'],
    ['ThrottlingException', 'XksProxyUriUnreachableException'],
    ['DependencyTimeoutException', 'XksProxyUriUnreachableException'],
  ])('where the proxy answers health with %s → %s, and no key store', async (errorName, name) => {
    const proxy = await startSmallProxy();
    const { keyStores } = makeKeyStores(wayTo(proxy));
    proxy.lie('health', answering(400, errorName));
    const created = keyStores.administration.create(settingsOf(), callOf('CreateCustomKeyStore'));
    await expect(created).rejects.toMatchObject({ name });
    expect(keyStores.stores.list()).toEqual([]);
    expect(await keyStores.cloudWatch.text()).not.toContain('cks-');
  });

  it.each([
    ['all managers unavailable', allUnavailable, 'XksProxyUriUnreachableException'],
    [
      'a fleet of none',
      (h: object) => ({ ...h, xksProxyFleetSize: 0 }),
      'XksProxyInvalidResponseException',
    ],
    [
      'no managers',
      (h: object) => ({ ...h, ekmFleetDetails: [] }),
      'XksProxyInvalidResponseException',
    ],
    [
      'no vendor',
      (h: object) => ({ ...h, ekmVendor: undefined }),
      'XksProxyInvalidResponseException',
    ],
    [
      'a state of its own',
      (h: object) => ({ ...h, ekmFleetDetails: [{ id: '1', model: 'm', healthStatus: 'OK' }] }),
      'XksProxyInvalidResponseException',
    ],
    [
      'eleven managers',
      (h: object) => ({
        ...h,
        ekmFleetDetails: Array(11).fill({ id: '1', model: 'm', healthStatus: 'ACTIVE' }),
      }),
      'XksProxyInvalidResponseException',
    ],
  ])('where the proxy tells of %s → %3$s', async (_what, lie, name) => {
    const proxy = await startSmallProxy();
    const { keyStores } = makeKeyStores(wayTo(proxy));
    proxy.lie('health', lie);
    const created = keyStores.administration.create(settingsOf(), callOf('CreateCustomKeyStore'));
    await expect(created).rejects.toMatchObject({ name });
  });

  it('for a VPC endpoint service → no call before it is connected', async () => {
    const proxy = await startSmallProxy();
    const { keyStores } = makeKeyStores(wayTo(proxy));
    await keyStores.administration.create(settingsOf(VPC), callOf('CreateCustomKeyStore'));
    expect(proxy.requests).toEqual([]);
  });

  it.each<readonly [string, Partial<NewKeyStore>, Partial<NewKeyStore>, string]>([
    ['name', {}, { uriPath: '/other/kms/xks/v1' }, 'CustomKeyStoreNameInUseException'],
    ['address', {}, { name: 'other' }, 'XksProxyUriInUseException'],
    [
      'address in capitals',
      {},
      { name: 'other', uriEndpoint: 'https://XKS.example.com' },
      'XksProxyUriInUseException',
    ],
    [
      'endpoint, in a VPC',
      {},
      { ...VPC, name: 'other', uriPath: '/other/kms/xks/v1' },
      'XksProxyUriEndpointInUseException',
    ],
    [
      'private name',
      VPC,
      { ...VPC, name: 'other', vpcEndpointServiceName: 'com.amazonaws.vpce.eu-west-1.vpce-svc-2' },
      'XksProxyUriEndpointInUseException',
    ],
    [
      'endpoint service',
      VPC,
      { ...VPC, name: 'other', uriEndpoint: 'https://private.example.com' },
      'XksProxyVpcEndpointServiceInUseException',
    ],
  ])(
    'with the same %s as another → an exception, unless in another account',
    async (_what, first, second, name) => {
      const proxy = await startSmallProxy();
      const { keyStores } = makeKeyStores(wayTo(proxy));
      const { administration } = keyStores;
      const call = callOf('CreateCustomKeyStore');
      await administration.create(settingsOf(first), call);
      const settings = settingsOf(second);
      await expect(administration.create(settings, call)).rejects.toMatchObject({ name });
      await administration.create(settings, { ...call, account: '999999999999' });
    },
  );

  it('twice at once with the same name → one of them', async () => {
    const proxy = await startSmallProxy();
    const { keyStores } = makeKeyStores(wayTo(proxy));
    const create = () =>
      keyStores.administration.create(settingsOf(), callOf('CreateCustomKeyStore'));
    const results = await Promise.allSettled([create(), create()]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('as the eleventh → LimitExceededException', async () => {
    const proxy = await startSmallProxy();
    const { keyStores } = makeKeyStores(wayTo(proxy));
    const create = (name: string) =>
      keyStores.administration.create(
        settingsOf({ name, uriPath: `/${name}/kms/xks/v1` }),
        callOf('CreateCustomKeyStore'),
      );
    for (let count = 0; count < 10; count += 1) await create(`store${count}`);
    await expect(create('last')).rejects.toMatchObject({ name: 'LimitExceededException' });
  });

  it.each<readonly [string, Partial<NewKeyStore>, string]>([
    [
      'an IP address',
      { uriEndpoint: 'https://192.0.2.1' },
      'XksProxyInvalidConfigurationException',
    ],
    ['a VPC without a service', { connectivity: 'VPC_ENDPOINT_SERVICE' }, 'ValidationException'],
    ['a service without a VPC', { ...VPC, connectivity: 'PUBLIC_ENDPOINT' }, 'ValidationException'],
    [
      'a service of another Region',
      { ...VPC, vpcEndpointServiceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-1' },
      'XksProxyVpcEndpointServiceNotFoundException',
    ],
  ])('with %s → %3$s', async (_what, changes, name) => {
    const { keyStores } = makeKeyStores();
    const created = keyStores.administration.create(
      settingsOf(changes),
      callOf('CreateCustomKeyStore'),
    );
    await expect(created).rejects.toMatchObject({ name });
  });
});
