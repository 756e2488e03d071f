import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reconcile } from '../../../src/evidence/reconciliation/reconcile.js';
import {
  createKey,
  describedStore,
  keyStoreInput,
  register,
  startWhole,
  type WholeSimulator,
} from '../../support/kms-simulator/whole-simulator.js';
import { type HoldfastServer, startHoldfast } from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const HOUR_MS = 3_600_000;
const CONTEXT = { Department: 'Payroll' };

let server: HoldfastServer;
beforeAll(async () => {
  server = await startHoldfast();
});
afterAll(async () => {
  await server.stop();
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

async function compared({ cloudTrailBucket }: WholeSimulator, from: number) {
  return reconcile({
    cloudTrail: [cloudTrailBucket],
    logs: [join(server.stateDirectory, 'audit')],
    period: { from, to: undefined },
    customKeyStores: [],
    collectedAt: Date.now() + 2 * HOUR_MS,
    clock: { now: () => Date.now() + 2 * HOUR_MS },
  });
}

/** CloudTrail tells whole seconds, so a comparison begins with one. */
async function beginning(): Promise<number> {
  await sleep(1000 - (Date.now() % 1000) + 5);
  return Date.now() - (Date.now() % 1000);
}

describe('the simulator before Holdfast', () => {
  it('random calls of the API, errors included → every one is matched in both logs', async () => {
    const from = await beginning();
    const simulator = await startWhole(server, temporaryFolder());
    const { client } = simulator;
    const CustomKeyStoreId = await register(client, server);
    await server.holdfast('keys', 'create', 'second', '--key-store', 'quickstart');
    const keys = [
      await createKey(client, { CustomKeyStoreId, XksKeyId: 'quickstart-key' }),
      await createKey(client, { CustomKeyStoreId, XksKeyId: 'second' }),
      await createKey(client),
    ];
    await client.call('CreateAlias', { AliasName: 'alias/one', TargetKeyId: keys[0] });
    const blobs: unknown[] = [];
    const pick = <Item>(items: readonly Item[]): Item | undefined =>
      items[Math.floor(Math.random() * items.length)];
    const acts = [
      () =>
        client.call('Encrypt', {
          KeyId: 'alias/one',
          Plaintext: base64('x'),
          EncryptionContext: CONTEXT,
        }),
      () =>
        client.call('GenerateDataKey', {
          KeyId: pick(keys),
          KeySpec: 'AES_256',
          EncryptionContext: CONTEXT,
        }),
      () =>
        client.call('GenerateDataKeyWithoutPlaintext', {
          KeyId: pick(keys),
          NumberOfBytes: 64,
          EncryptionContext: CONTEXT,
        }),
      () => client.call('Decrypt', { CiphertextBlob: pick(blobs), EncryptionContext: CONTEXT }),
      () =>
        client.call('Decrypt', {
          CiphertextBlob: pick(blobs),
          EncryptionContext: { Department: 'Other' },
        }),
      () => client.call('Decrypt', { CiphertextBlob: randomBytes(200).toString('base64') }),
      () =>
        client.call('ReEncrypt', {
          CiphertextBlob: pick(blobs),
          SourceEncryptionContext: CONTEXT,
          DestinationKeyId: pick(keys),
          DestinationEncryptionContext: CONTEXT,
        }),
      () =>
        client.call('CreateKey', {
          Origin: 'EXTERNAL_KEY_STORE',
          CustomKeyStoreId,
          XksKeyId: 'no-such-key',
        }),
      () => client.call('DescribeKey', { KeyId: pick(keys) }),
      () => client.call('Encrypt', { keyId: 1, KeyId: 'x'.repeat(10), Plaintext: 'no base64' }),
    ];
    for (let round = 0; round < 250; round += 1) {
      const answer = await pick(acts)?.().catch(() => undefined);
      if (answer?.['CiphertextBlob'] !== undefined) blobs.push(answer['CiphertextBlob']);
    }
    await simulator.beside('POST', '/cloudtrail/deliver');
    const result = await compared(simulator, from);
    expect(result).toMatchObject({
      verdict: 'matched',
      usedHereWithoutCloudTrailEvent: { count: 0 },
      inCloudTrailNeverArrivedHere: { count: 0 },
      pending: { count: 0 },
    });
    expect(result.matched.calls).toBeGreaterThan(80);
    expect(result.matched.failedInKms).toBeGreaterThan(0);
    expect(simulator.errors).toEqual([]);
  });

  it('told to be nasty → lost connections and a wrong clock are what callers and metrics see', async () => {
    const simulator = await startWhole(server, temporaryFolder());
    const { client } = simulator;
    const CustomKeyStoreId = await register(client, server);
    const KeyId = await createKey(client, { CustomKeyStoreId, XksKeyId: 'quickstart-key' });
    const encrypt = () => client.call('Encrypt', { KeyId, Plaintext: base64('x') });
    await simulator.beside('PUT', '/faults', { clockSkewSeconds: 600 });
    await expect(encrypt()).rejects.toThrow(
      /KMSInvalidStateException.*could not authenticate AWS KMS/,
    );
    await simulator.beside('PUT', '/faults', { lostConnections: 1 });
    await expect(encrypt()).rejects.toThrow(/KMSInvalidStateException.*cannot communicate/);
    await simulator.beside('PUT', '/faults', {});
    await encrypt();
    const metrics = await simulator.beside('GET', '/metrics');
    expect(metrics).toContain('ExceptionName="AuthenticationFailedException"');
    expect(metrics).toContain(
      `XksProxyCertificateDaysToExpire{CustomKeyStoreId="${CustomKeyStoreId}",CertificateName="localhost"}`,
    );
    await client.call('DisconnectCustomKeyStore', { CustomKeyStoreId });
    await simulator.beside('PUT', '/faults', { signedRegion: 'us-east-1' });
    await client.call('ConnectCustomKeyStore', { CustomKeyStoreId });
    expect((await describedStore(client, CustomKeyStoreId))['ConnectionState']).toBe('CONNECTED');
  });

  it('a disconnected key store → its keys are Unavailable, with the text of the specification', async () => {
    const { client } = await startWhole(server, temporaryFolder());
    const CustomKeyStoreId = await register(client, server);
    const KeyId = await createKey(client, { CustomKeyStoreId, XksKeyId: 'quickstart-key' });
    const other = await createKey(client);
    const { CiphertextBlob } = await client.call('Encrypt', { KeyId, Plaintext: base64('x') });
    await client.call('DisconnectCustomKeyStore', { CustomKeyStoreId });
    const { KeyMetadata } = await client.call('DescribeKey', { KeyId });
    expect(KeyMetadata).toMatchObject({ KeyState: 'Unavailable', Enabled: false });
    const text = /KMSInvalidStateException.*custom key store that is not connected/;
    await expect(client.call('Encrypt', { KeyId, Plaintext: base64('x') })).rejects.toThrow(text);
    await expect(client.call('Decrypt', { CiphertextBlob })).rejects.toThrow(text);
    const reEncrypted = client.call('ReEncrypt', { CiphertextBlob, DestinationKeyId: other });
    await expect(reEncrypted).rejects.toThrow(text);
    await expect(client.call('DeleteCustomKeyStore', { CustomKeyStoreId })).rejects.toThrow(
      /CustomKeyStoreHasCMKsException/,
    );
    await client.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
    const again = await client.call('DescribeKey', { KeyId });
    expect(again['KeyMetadata']).toMatchObject({ KeyState: 'PendingDeletion' });
    await expect(client.call('DeleteCustomKeyStore', { CustomKeyStoreId })).rejects.toThrow(
      /CustomKeyStoreHasCMKsException/,
    );
    await client.call('ConnectCustomKeyStore', { CustomKeyStoreId });
    await describedStore(client, CustomKeyStoreId);
    await expect(
      createKey(client, { CustomKeyStoreId, XksKeyId: 'quickstart-key' }),
    ).rejects.toThrow(/XksKeyAlreadyInUseException/);
  });

  it('ReEncrypt to a disabled key → DisabledException, and the proxy of the source is not asked', async () => {
    const simulator = await startWhole(server, temporaryFolder());
    const { client } = simulator;
    const CustomKeyStoreId = await register(client, server);
    const KeyId = await createKey(client, { CustomKeyStoreId, XksKeyId: 'quickstart-key' });
    const disabled = await createKey(client);
    await client.call('DisableKey', { KeyId: disabled });
    const { CiphertextBlob } = await client.call('Encrypt', { KeyId, Plaintext: base64('x') });
    await expect(
      client.call('ReEncrypt', { CiphertextBlob, DestinationKeyId: disabled }),
    ).rejects.toThrow(/DisabledException/);
    expect(await simulator.beside('GET', '/metrics')).not.toContain('KmsOperation="ReEncrypt"');
  });

  it('old data opens after a restart of the simulator, by alias and from one key to another', async () => {
    const folder = temporaryFolder();
    const first = await startWhole(server, folder);
    const CustomKeyStoreId = await register(first.client, server);
    const KeyId = await createKey(first.client, { CustomKeyStoreId, XksKeyId: 'quickstart-key' });
    const ordinary = await createKey(first.client);
    const blobs = [];
    for (const key of [KeyId, ordinary]) {
      const encrypted = await first.client.call('Encrypt', {
        KeyId: key,
        Plaintext: base64('old'),
        EncryptionContext: CONTEXT,
      });
      blobs.push(encrypted['CiphertextBlob']);
    }
    await first.close();
    const { client } = await startWhole(server, folder);
    expect((await describedStore(client, CustomKeyStoreId))['ConnectionState']).toBe('CONNECTED');
    for (const CiphertextBlob of blobs) {
      const opened = await client.call('Decrypt', { CiphertextBlob, EncryptionContext: CONTEXT });
      expect(opened['Plaintext']).toBe(base64('old'));
      for (const DestinationKeyId of [KeyId, ordinary]) {
        const moved = await client.call('ReEncrypt', {
          CiphertextBlob,
          SourceEncryptionContext: CONTEXT,
          DestinationKeyId,
        });
        const again = await client.call('Decrypt', { CiphertextBlob: moved['CiphertextBlob'] });
        expect(again['Plaintext']).toBe(base64('old'));
      }
    }
  });

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
      const input = { ...keyStoreInput(server), ...changes };
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
      ...keyStoreInput(server),
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
