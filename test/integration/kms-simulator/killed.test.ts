import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KmsClient, readCaller } from '../../bench/load/kms-client.js';
import {
  createKey,
  describedStore,
  register,
} from '../../support/kms-simulator/whole-simulator.js';
import { type HoldfastServer, startHoldfast } from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** Starts `holdfast kms-simulator` as a process, in a folder that may have been one's before. */
async function startProgram(server: HoldfastServer, folder: string) {
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, server.ca);
  const way = ['--resolve', `localhost=127.0.0.1:${server.port}`, '--ca', ca];
  const args = ['kms-simulator', '--state', join(folder, 'kms'), '--port', '0', ...way];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
  const environment = join(folder, 'kms', 'environment');
  expect(existsSync(environment)).toBe(true);
  return { child, client: new KmsClient(readCaller(environment), 8) };
}

describe('a simulator that is killed under traffic', () => {
  it('starts again with its key store, and its events miss no call that was answered', async () => {
    const server = await startHoldfast();
    onTestFinished(async () => {
      await server.stop();
    });
    const folder = temporaryFolder();
    const first = await startProgram(server, folder);
    const CustomKeyStoreId = await register(first.client, server);
    const KeyId = await createKey(first.client, { CustomKeyStoreId, XksKeyId: 'quickstart-key' });
    const Plaintext = Buffer.from('old').toString('base64');
    const { CiphertextBlob } = await first.client.call('Encrypt', { KeyId, Plaintext });
    for (let count = 0; count < 50; count += 1) {
      await first.client.call('Decrypt', { CiphertextBlob });
    }
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    await sleep(1000);

    const second = await startProgram(server, folder);
    const store = await describedStore(second.client, CustomKeyStoreId);
    expect(store['ConnectionState']).toBe('CONNECTED');
    const opened = await second.client.call('Decrypt', { CiphertextBlob });
    expect(opened['Plaintext']).toBe(Plaintext);
    second.client.close();
    second.child.kill('SIGTERM');
    expect(await once(second.child, 'exit')).toEqual([0, null]);
    const bucket = ['--cloudtrail', join(folder, 'kms', 'cloudtrail')];
    const command = await server.holdfast('audit', 'reconcile', ...bucket, '--json');
    expect(command.code).toBe(0);
    // CreateKey, Encrypt, and 51 times Decrypt.
    expect(JSON.parse(command.stdout)).toMatchObject({
      verdict: 'matched',
      matched: { calls: 53 },
    });
  });
});
