import { describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  callOf,
  makeKeyStores,
  setScene,
  settingsOf,
  settled,
  VPC,
  wayTo,
} from '../../../support/kms-simulator/key-stores.js';
import {
  allUnavailable,
  answering,
  type Lie,
  type SmallProxy,
  startSmallProxy,
} from '../../../support/kms-simulator/small-proxy.js';

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
    ['managers that are away', allUnavailable, 'XKS_PROXY_NOT_REACHABLE'],
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
