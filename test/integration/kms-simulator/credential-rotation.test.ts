import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKey, register, startWhole } from '../../support/kms-simulator/whole-simulator.js';
import { quickstartConfiguration, startHoldfast } from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const RESERVE = { accessKeyId: 'RESERVE234567RESERVE', secretAccessKey: 'r'.repeat(43) };
const DELAY_MS = 300;

describe('a rotation of the credential under traffic', () => {
  it('with both credentials at the proxy → no call fails, and the reserve signs after the delay', async () => {
    const quickstart = quickstartConfiguration();
    const [keyStore] = quickstart.keyStores;
    const credentials = [...(keyStore?.['credentials'] as object[]), RESERVE];
    const server = await startHoldfast({
      configuration: { ...quickstart, keyStores: [{ ...keyStore, credentials }] },
    });
    onTestFinished(async () => {
      await server.stop();
    });
    const { client } = await startWhole(server, temporaryFolder(), {
      keyStores: { credentialDelayMs: DELAY_MS },
    });
    const CustomKeyStoreId = await register(client, server);
    const KeyId = await createKey(client, { CustomKeyStoreId, XksKeyId: 'quickstart-key' });
    const Plaintext = Buffer.from('old').toString('base64');
    const { CiphertextBlob } = await client.call('Encrypt', { KeyId, Plaintext });

    const end = new AbortController();
    const traffic = (async () => {
      while (!end.signal.aborted) {
        await client.call('Decrypt', { CiphertextBlob });
        await sleep(2);
      }
    })();
    await client.call('UpdateCustomKeyStore', {
      CustomKeyStoreId,
      XksProxyAuthenticationCredential: {
        AccessKeyId: RESERVE.accessKeyId,
        RawSecretAccessKey: RESERVE.secretAccessKey,
      },
    });
    await sleep(2 * DELAY_MS);
    end.abort();
    await traffic;

    const opened = await client.call('Decrypt', { CiphertextBlob });
    expect(opened['Plaintext']).toBe(Plaintext);
    const query = await server.holdfast('audit', 'query', '--operation', 'Decrypt', '--json');
    const signers = [...query.stdout.matchAll(/"accessKeyId":\s*"(\w+)"/g)].map(([, id]) => id);
    expect(new Set(signers)).toEqual(new Set([server.credential.accessKeyId, RESERVE.accessKeyId]));
    expect(signers.at(-1)).toBe(RESERVE.accessKeyId);
  });
});
