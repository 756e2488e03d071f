import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  base64,
  createKey,
  describedStore,
  register,
  startWhole,
} from '../../support/kms-simulator/whole-simulator.js';
import { type HoldfastServer, startHoldfast } from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const CONTEXT = { Department: 'Payroll' };

let server: HoldfastServer;
beforeAll(async () => {
  server = await startHoldfast();
});
afterAll(async () => {
  await server.stop();
});

describe('the simulator before Holdfast', () => {
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
});
