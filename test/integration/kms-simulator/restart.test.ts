import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ACCOUNT, callOf, MemoryRecords, settled } from '../../support/kms-simulator/key-stores.js';
import { newKey, startRegion } from '../../support/kms-simulator/simulated-region.js';
import { startHoldfast } from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const AAD = Buffer.from('context');
const PLAINTEXT = Buffer.from('old data');

describe('old data', () => {
  it('opens after a restart of the proxy and of KMS', async () => {
    const stateDirectory = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
    onTestFinished(() => rm(stateDirectory, { recursive: true, force: true }));
    const records = new MemoryRecords();
    const first = await startHoldfast({ stateDirectory });
    const before = await startRegion(first, temporaryFolder(), { records });
    const key = newKey(before.id);
    const old = before.keyStores.cryptography;
    const sealed = await old.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    await before.keyStores.close();
    await first.stop();

    const second = await startHoldfast({ stateDirectory });
    onTestFinished(async () => {
      await second.stop();
    });
    const after = await startRegion(second, temporaryFolder(), { records });
    expect(after.id).toBe(before.id);
    expect(after.keyStores.stores.isConnected(after.id)).toBe(true);
    const { cryptography } = after.keyStores;
    expect(await cryptography.decrypt(key, sealed, AAD, callOf('Decrypt'))).toEqual(PLAINTEXT);
  });

  it('opens again once a proxy that was gone is back, and fails meanwhile by what KMS knows', async () => {
    const stateDirectory = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
    onTestFinished(() => rm(stateDirectory, { recursive: true, force: true }));
    const server = await startHoldfast({ stateDirectory });
    const region = await startRegion(server, temporaryFolder());
    const { cryptography, connections, stores } = region.keyStores;
    const key = newKey(region.id);
    const sealed = await cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    await server.stop();
    const failed = cryptography.decrypt(key, sealed, AAD, callOf('Decrypt'));
    await expect(failed).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
      message: expect.stringMatching(
        /^AWS KMS cannot communicate with the external key store/,
      ) as string,
    });
    // It was connected, and stays so: only a connect finds out.
    expect(stores.isConnected(region.id)).toBe(true);
    await connections.connect(stores.get(region.id, ACCOUNT), 'request');
    expect(await settled(region.keyStores, region.id)).toBe('FAILED');
    expect(stores.get(region.id, ACCOUNT).connectionErrorCode).toBe('XKS_PROXY_NOT_REACHABLE');
  });
});
