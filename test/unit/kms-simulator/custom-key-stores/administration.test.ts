import { describe, expect, it } from 'vitest';
import type { NewKeyStore } from '../../../../src/kms-simulator/custom-key-stores/administration.js';
import {
  ACCOUNT,
  callOf,
  connected,
  makeKeyStores,
  MemoryRecords,
  setScene,
  settingsOf,
  settled,
  wayTo,
} from '../../../support/kms-simulator/key-stores.js';
import {
  answering,
  type Lie,
  PROXY_HOST,
  type SmallProxy,
  startSmallProxy,
} from '../../../support/kms-simulator/small-proxy.js';

const VPC: Partial<NewKeyStore> = {
  connectivity: 'VPC_ENDPOINT_SERVICE',
  vpcEndpointServiceName: 'com.amazonaws.vpce.eu-west-1.vpce-svc-1',
};

function operationsOf({ requests }: SmallProxy): unknown[] {
  return requests.map(({ body }) => body.requestMetadata['kmsOperation']);
}

const unavailable: Lie = (honest) => ({
  ...honest,
  ekmFleetDetails: ['1', '2'].map((id) => ({ id, model: 'm', healthStatus: 'UNAVAILABLE' })),
});

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
    ['all managers unavailable', unavailable, 'XksProxyUriUnreachableException'],
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

describe('ConnectCustomKeyStore', () => {
  it('answers at once, is CONNECTING, and CONNECTED after a health check', async () => {
    const proxy = await startSmallProxy();
    const { keyStores } = makeKeyStores({ ...wayTo(proxy), connectMs: 20 });
    const { administration, connections, stores } = keyStores;
    const id = await administration.create(settingsOf(), callOf('CreateCustomKeyStore'));
    await connections.connect(stores.get(id, ACCOUNT), 'request-1');
    expect(stores.get(id, ACCOUNT).connectionState).toBe('CONNECTING');
    expect(await settled(keyStores, id)).toBe('CONNECTED');
    expect(proxy.requests.at(-1)?.body.requestMetadata).toEqual({
      kmsOperation: 'ConnectCustomKeyStore',
      kmsRequestId: 'request-1',
    });
  });

  it.each<readonly [string, Lie, string]>([
    ['INVALID_CREDENTIALS', answering(401, 'AuthenticationFailedException'), 'INVALID_CREDENTIALS'],
    ['access denied', answering(403, 'AccessDeniedException'), 'XKS_PROXY_ACCESS_DENIED'],
    ['no such path', answering(404, 'InvalidUriPathException'), 'XKS_PROXY_INVALID_CONFIGURATION'],
    ['a blocked store', answering(400, 'InvalidStateException'), 'XKS_PROXY_INVALID_CONFIGURATION'],
    ['an internal error', answering(500, 'InternalException'), 'XKS_PROXY_INVALID_RESPONSE'],
    ['a slow manager', answering(503, 'DependencyTimeoutException'), 'XKS_PROXY_TIMED_OUT'],
    ['managers that are away', unavailable, 'XKS_PROXY_NOT_REACHABLE'],
    ['no answer', () => undefined, 'XKS_PROXY_TIMED_OUT'],
    ['nonsense', () => ({}), 'XKS_PROXY_INVALID_RESPONSE'],
  ])(
    'where the proxy tells of %s → FAILED with %3$s, and only disconnecting helps',
    async (_what, lie, code) => {
      const proxy = await startSmallProxy();
      const { keyStores } = makeKeyStores(wayTo(proxy));
      const { administration, connections, stores } = keyStores;
      const id = await administration.create(settingsOf(), callOf('CreateCustomKeyStore'));
      proxy.lie('health', lie);
      await connections.connect(stores.get(id, ACCOUNT), 'request-1');
      expect(await settled(keyStores, id)).toBe('FAILED');
      expect(stores.get(id, ACCOUNT).connectionErrorCode).toBe(code);
      const invalid = { name: 'CustomKeyStoreInvalidStateException' };
      const record = () => stores.get(id, ACCOUNT);
      const update = () =>
        administration.update(id, { name: 'other' }, callOf('UpdateCustomKeyStore'));
      await expect(connections.connect(record(), 'request-2')).rejects.toMatchObject(invalid);
      await expect(update()).rejects.toMatchObject(invalid);
      await expect(administration.delete(id, callOf('DeleteCustomKeyStore'))).rejects.toMatchObject(
        invalid,
      );
      await connections.disconnect(record());
      expect(record().connectionErrorCode).toBeUndefined();
      proxy.lie('health', undefined);
      await connections.connect(record(), 'request-3');
      expect(await settled(keyStores, id)).toBe('CONNECTED');
    },
  );

  it.each([
    ['nobody listens', () => ({ port: 1 }), 'XKS_PROXY_NOT_REACHABLE'],
    [
      'its authority is not trusted',
      () => ({ ca: undefined }),
      'XKS_PROXY_INVALID_TLS_CONFIGURATION',
    ],
  ])('where %s → FAILED with %3$s', async (_what, changes, code) => {
    const proxy = await startSmallProxy();
    const { keyStores } = makeKeyStores(wayTo({ ...proxy, ...changes() } as SmallProxy));
    const { administration, connections, stores } = keyStores;
    const id = await administration.create(settingsOf(VPC), callOf('CreateCustomKeyStore'));
    await connections.connect(stores.get(id, ACCOUNT), 'request-1');
    expect(await settled(keyStores, id)).toBe('FAILED');
    expect(stores.get(id, ACCOUNT).connectionErrorCode).toBe(code);
  });

  it('again while connected → connects anew', async () => {
    const { keyStores, id, proxy } = await setScene();
    const before = proxy.requests.length;
    await keyStores.connections.connect(keyStores.stores.get(id, ACCOUNT), 'request-2');
    expect(await settled(keyStores, id)).toBe('CONNECTED');
    expect(proxy.requests.length).toBe(before + 1);
  });
});

describe('DisconnectCustomKeyStore', () => {
  it('while DISCONNECTING or DISCONNECTED → CustomKeyStoreInvalidStateException', async () => {
    const { keyStores, id } = await setScene({ disconnectMs: 20 });
    const { connections, stores } = keyStores;
    const record = () => stores.get(id, ACCOUNT);
    await connections.disconnect(record());
    expect(record().connectionState).toBe('DISCONNECTING');
    const invalid = { name: 'CustomKeyStoreInvalidStateException' };
    await expect(connections.disconnect(record())).rejects.toMatchObject(invalid);
    await expect(connections.connect(record(), 'request')).rejects.toMatchObject(invalid);
    expect(await settled(keyStores, id)).toBe('DISCONNECTED');
    await expect(connections.disconnect(record())).rejects.toMatchObject(invalid);
  });

  it('while CONNECTING → ends DISCONNECTED, whatever the proxy answers later', async () => {
    const proxy = await startSmallProxy();
    const { keyStores } = makeKeyStores(wayTo(proxy));
    const { administration, connections, stores } = keyStores;
    const id = await administration.create(settingsOf(), callOf('CreateCustomKeyStore'));
    let answer: (() => void) | undefined;
    proxy.lie('health', async (honest) => {
      await new Promise<void>((resolve) => (answer = resolve));
      return honest;
    });
    await connections.connect(stores.get(id, ACCOUNT), 'request-1');
    while (answer === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    await connections.disconnect(stores.get(id, ACCOUNT));
    answer();
    await connections.close();
    expect(stores.get(id, ACCOUNT).connectionState).toBe('DISCONNECTED');
  });

  it('leaves keys without their use → KMSInvalidStateException, and CreateKey fails', async () => {
    const { keyStores, id, key } = await setScene();
    const { cryptography, connections, stores } = keyStores;
    const sealed = await cryptography.encrypt(
      key,
      Buffer.from('x'),
      Buffer.from('c'),
      callOf('Encrypt'),
    );
    await connections.disconnect(stores.get(id, ACCOUNT));
    expect(stores.isConnected(id)).toBe(false);
    const message = expect.stringMatching(
      /not connected to its external key store proxy/,
    ) as string;
    await expect(
      cryptography.decrypt(key, sealed, Buffer.from('c'), callOf('Decrypt')),
    ).rejects.toMatchObject({ name: 'KMSInvalidStateException', message });
    await expect(cryptography.inspect(id, 'key-2', callOf('CreateKey'))).rejects.toMatchObject({
      name: 'CustomKeyStoreInvalidStateException',
      message,
    });
  });
});

describe('UpdateCustomKeyStore', () => {
  const call = callOf('UpdateCustomKeyStore');

  it('while connected changes name, credential and URI path alone', async () => {
    const { keyStores, id, proxy } = await setScene();
    const { administration, stores } = keyStores;
    const credential = { accessKeyId: 'ZYXWVUTSRQPONMLKJIHG', secretAccessKey: 'z'.repeat(43) };
    await administration.update(id, { name: 'new', uriPath: '/new/kms/xks/v1', credential }, call);
    expect(stores.get(id, ACCOUNT)).toMatchObject({ name: 'new', uriPath: '/new/kms/xks/v1' });
    expect(operationsOf(proxy).at(-1)).toBe('UpdateCustomKeyStore');
    expect(proxy.requests.at(-1)?.path).toBe('/new/kms/xks/v1/health');
    expect(proxy.requests.at(-1)?.headers.authorization).toContain('ZYXWVUTSRQPONMLKJIHG');
    for (const changes of [{ uriEndpoint: 'https://other.example.com' }, VPC]) {
      await expect(administration.update(id, changes, call)).rejects.toMatchObject({
        name: 'CustomKeyStoreInvalidStateException',
      });
    }
  });

  it('of the name alone → the proxy is not asked', async () => {
    const { keyStores, id, proxy } = await setScene();
    const before = proxy.requests.length;
    await keyStores.administration.update(id, { name: 'new' }, call);
    expect(proxy.requests.length).toBe(before);
  });

  it('to settings that the proxy refuses → an exception, and the old settings stay', async () => {
    const { keyStores, id, proxy } = await setScene();
    proxy.lie('health', answering(401, 'AuthenticationFailedException'));
    const credential = { accessKeyId: 'ZYXWVUTSRQPONMLKJIHG', secretAccessKey: 'z'.repeat(43) };
    await expect(keyStores.administration.update(id, { credential }, call)).rejects.toMatchObject({
      name: 'XksProxyIncorrectAuthenticationCredentialException',
    });
    expect(keyStores.stores.get(id, ACCOUNT).credential.accessKeyId).toBe('ABCDEFGHIJKLMNOPQRST');
  });

  it('of the credential while connected → the former one signs until the delay is over', async () => {
    let now = Date.now();
    const clock = { now: () => now, monotonic: () => performance.now() };
    const { keyStores, id, proxy, key } = await setScene({ clock, credentialDelayMs: 60_000 });
    const credential = { accessKeyId: 'ZYXWVUTSRQPONMLKJIHG', secretAccessKey: 'z'.repeat(43) };
    await keyStores.administration.update(id, { credential }, call);
    const signer = async (): Promise<string | undefined> => {
      await keyStores.cryptography.encrypt(
        key,
        Buffer.from('x'),
        Buffer.from('c'),
        callOf('Encrypt'),
      );
      return /Credential=(\w+)/.exec(proxy.requests.at(-1)?.headers.authorization ?? '')?.[1];
    };
    expect(await signer()).toBe('ABCDEFGHIJKLMNOPQRST');
    now += 59_999;
    expect(await signer()).toBe('ABCDEFGHIJKLMNOPQRST');
    now += 1;
    expect(await signer()).toBe('ZYXWVUTSRQPONMLKJIHG');
  });

  it('of an unknown key store, or of another account → CustomKeyStoreNotFoundException', async () => {
    const { keyStores, id } = await setScene();
    const { administration } = keyStores;
    const missing = { name: 'CustomKeyStoreNotFoundException' };
    await expect(administration.update('cks-0', { name: 'x' }, call)).rejects.toMatchObject(
      missing,
    );
    const other = { ...call, account: '999999999999' };
    await expect(administration.update(id, { name: 'x' }, other)).rejects.toMatchObject(missing);
  });

  it('to a VPC endpoint service and back, while disconnected', async () => {
    const { keyStores, id, proxy } = await setScene();
    const { administration, connections, stores } = keyStores;
    await connections.disconnect(stores.get(id, ACCOUNT));
    const before = proxy.requests.length;
    await administration.update(id, VPC, call);
    expect(stores.get(id, ACCOUNT)).toMatchObject(VPC);
    expect(proxy.requests.length).toBe(before);
    const back = { connectivity: 'PUBLIC_ENDPOINT', vpcEndpointServiceName: '' } as const;
    await administration.update(id, back, call);
    expect(stores.get(id, ACCOUNT).vpcEndpointServiceName).toBeUndefined();
    expect(proxy.requests.length).toBe(before + 1);
  });
});

describe('DeleteCustomKeyStore', () => {
  it('needs DISCONNECTED and no keys, those pending deletion included', async () => {
    const { keyStores, id, usedKeys } = await setScene();
    const { administration, connections, stores } = keyStores;
    const call = callOf('DeleteCustomKeyStore');
    usedKeys.set(id, ['key-1']);
    await expect(administration.delete(id, call)).rejects.toMatchObject({
      name: 'CustomKeyStoreInvalidStateException',
    });
    await connections.disconnect(stores.get(id, ACCOUNT));
    await expect(administration.delete(id, call)).rejects.toMatchObject({
      name: 'CustomKeyStoreHasCMKsException',
    });
    usedKeys.delete(id);
    await administration.delete(id, call);
    expect(() => stores.get(id, ACCOUNT)).toThrow(/does not exist/);
    expect(await keyStores.cloudWatch.text()).not.toContain(id);
  });
});

describe('CreateKey', () => {
  it('of an external key that a KMS key has → XksKeyAlreadyInUseException without asking', async () => {
    const { keyStores, id, proxy, usedKeys } = await setScene();
    usedKeys.set(id, ['key-1']);
    const before = proxy.requests.length;
    const inspect = (keyId: string) =>
      keyStores.cryptography.inspect(id, keyId, callOf('CreateKey'));
    await expect(inspect('key-1')).rejects.toMatchObject({ name: 'XksKeyAlreadyInUseException' });
    expect(proxy.requests.length).toBe(before);
    await inspect('key-2');
  });

  it('of the same external key twice at once → one of them', async () => {
    const { keyStores, id } = await setScene();
    const inspect = () => keyStores.cryptography.inspect(id, 'key-1', callOf('CreateKey'));
    const results = await Promise.allSettled([inspect(), inspect()]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('after a restart', () => {
  it('key stores are what they were, and one that was CONNECTING connects', async () => {
    const proxy = await startSmallProxy();
    const records = new MemoryRecords();
    const first = makeKeyStores({ ...wayTo(proxy), records, connectMs: 60_000 });
    const { administration, connections, stores } = first.keyStores;
    const id = await administration.create(settingsOf(), callOf('CreateCustomKeyStore'));
    await connections.connect(stores.get(id, ACCOUNT), 'request-1');
    void first.keyStores.close();
    const second = makeKeyStores({ ...wayTo(proxy), records });
    expect(await settled(second.keyStores, id)).toBe('CONNECTED');
    expect(second.keyStores.stores.get(id, ACCOUNT).name).toBe('small');
    expect(PROXY_HOST).toBe(proxy.host);
    await connected(second.keyStores, settingsOf({ name: 'b', uriPath: '/b/kms/xks/v1' }));
  });
});
