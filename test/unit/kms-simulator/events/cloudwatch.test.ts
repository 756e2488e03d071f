import { describe, expect, it } from 'vitest';
import {
  callOf,
  connected,
  makeKeyStores,
  setScene,
  wayTo,
} from '../../../support/kms-simulator/key-stores.js';
import { answering, startSmallProxy } from '../../../support/kms-simulator/small-proxy.js';

const DAY_MS = 86_400_000;
const WORK = [Buffer.from('x'), Buffer.from('c')] as const;

/** The value of a metric with these labels in the order of its dimensions. */
function valueOf(text: string, name: string, labels: Record<string, string>): number | undefined {
  const inside = Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',');
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name}{${inside}} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

describe("CloudWatch's metrics", () => {
  it('count requests by operation and by how they ended', async () => {
    const { keyStores, proxy, key, id } = await setScene();
    const { cryptography, cloudWatch } = keyStores;
    await cryptography.encrypt(key, ...WORK, callOf('GenerateDataKey'));
    proxy.lie('encrypt', answering(404, 'KeyNotFoundException'));
    await cryptography.encrypt(key, ...WORK, callOf('Encrypt')).catch(() => undefined);
    proxy.lie('encrypt', answering(500, 'InternalException'));
    await cryptography.encrypt(key, ...WORK, callOf('Encrypt')).catch(() => undefined);
    proxy.lie('encrypt', () => ({}));
    await cryptography.encrypt(key, ...WORK, callOf('Encrypt')).catch(() => undefined);
    const text = await cloudWatch.text();
    const count = (
      KmsOperation: string,
      XksOperation: string,
      ErrorType: string,
      ExceptionName: string,
    ) =>
      valueOf(text, 'XksProxyErrors', {
        CustomKeyStoreId: id,
        KmsOperation,
        XksOperation,
        KeySpec: 'SYMMETRIC_DEFAULT',
        ErrorType,
        ExceptionName,
      });
    expect(count('GenerateDataKey', 'Encrypt', 'N/A', 'None')).toBe(1);
    expect(count('ConnectCustomKeyStore', 'GetHealthStatus', 'N/A', 'None')).toBe(1);
    expect(count('Encrypt', 'Encrypt', 'Non-retryable errors', 'KeyNotFoundException')).toBe(1);
    expect(count('Encrypt', 'Encrypt', 'Retryable errors', 'InternalException')).toBe(1);
    expect(count('Encrypt', 'Encrypt', 'Non-retryable errors', 'KMSInvalidStateException')).toBe(1);
    const latency = {
      CustomKeyStoreId: id,
      KmsOperation: 'Encrypt',
      XksOperation: 'Encrypt',
      KeySpec: 'SYMMETRIC_DEFAULT',
    };
    expect(valueOf(text, 'XksProxyLatency_count', latency)).toBe(3);
  });

  it('tell 250 ms of a request that timed out', async () => {
    const { keyStores, proxy, key, id } = await setScene();
    proxy.lie('decrypt', () => undefined);
    const sealed = await keyStores.cryptography.encrypt(key, ...WORK, callOf('Encrypt'));
    await keyStores.cryptography
      .decrypt(key, sealed, Buffer.from('c'), callOf('Decrypt'))
      .catch(() => undefined);
    const text = await keyStores.cloudWatch.text();
    const labels = {
      CustomKeyStoreId: id,
      KmsOperation: 'Decrypt',
      XksOperation: 'Decrypt',
      KeySpec: 'SYMMETRIC_DEFAULT',
    };
    expect(valueOf(text, 'XksProxyLatency_sum', labels)).toBe(250);
  });

  it('tell the states of the key managers that the last health check found', async () => {
    const { keyStores, proxy, id } = await setScene();
    const managers = ['ACTIVE', 'ACTIVE', 'DEGRADED', 'UNAVAILABLE'];
    proxy.lie('health', (honest) => ({
      ...honest,
      ekmFleetDetails: managers.map((healthStatus, at) => ({
        id: String(at),
        model: 'm',
        healthStatus,
      })),
    }));
    await keyStores.connections.checkAll();
    const text = await keyStores.cloudWatch.text();
    const count = (XksExternalKeyManagerState: string) =>
      valueOf(text, 'XksExternalKeyManagerStates', {
        CustomKeyStoreId: id,
        XksExternalKeyManagerState,
      });
    expect([count('Active'), count('Degraded'), count('Unavailable')]).toEqual([2, 1, 1]);
  });

  it('tell days to the expiry of the certificate, by its common name, unless told otherwise', async () => {
    const proxy = await startSmallProxy({ expiresInDays: 9 });
    const { keyStores, faults } = makeKeyStores(wayTo(proxy));
    const id = await connected(keyStores);
    const labels = { CustomKeyStoreId: id, CertificateName: 'xks.example.com' };
    const days = async () =>
      valueOf(await keyStores.cloudWatch.text(), 'XksProxyCertificateDaysToExpire', labels);
    expect(await days()).toBe(9);
    faults.set({ certificateDaysToExpire: 2 });
    expect(await days()).toBe(2);
  });

  it('tell the age of the credential, from when it was given to KMS', async () => {
    let now = Date.now();
    const clock = { now: () => now, monotonic: () => performance.now() };
    const { keyStores, id } = await setScene({ clock });
    const age = async () =>
      valueOf(await keyStores.cloudWatch.text(), 'XksProxyCredentialAge', { CustomKeyStoreId: id });
    expect(await age()).toBe(0);
    now += 3 * DAY_MS;
    expect(await age()).toBe(3);
  });
});
