import { describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  callOf,
  connected,
  makeKeyStores,
  MemoryRecords,
  setScene,
  settingsOf,
  settled,
  VPC,
  wayTo,
} from '../../../support/kms-simulator/key-stores.js';
import {
  answering,
  operationsOf,
  startSmallProxy,
} from '../../../support/kms-simulator/small-proxy.js';

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
    await connected(second.keyStores, settingsOf({ name: 'b', uriPath: '/b/kms/xks/v1' }));
  });
});
