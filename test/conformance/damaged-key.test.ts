import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HoldfastServer, startHoldfast } from '../support/holdfast-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { XksClient } from '../support/xks-client.js';
import {
  decryptBody,
  encryptBody,
  type EncryptAnswer,
  healthBody,
  metadataBody,
} from '../support/xks-requests.js';
import { encrypt, expectError, expectSuccess } from './expectations.js';

const stateDirectory = temporaryFolder(afterAll);
let server: HoldfastServer;
let client: XksClient;
let sealed: EncryptAnswer;
let document: string;
let damagedHash: string;

/** A server whose key `damaged` had a bit flipped on the disk while it was down. */
beforeAll(async () => {
  server = await startHoldfast({ stateDirectory });
  const made = await server.holdfast('keys', 'create', 'damaged', '--key-store', 'quickstart');
  expect(made.code).toBe(0);
  client = new XksClient(server);
  sealed = await encrypt(client, {}, 'damaged');
  client.close();
  await server.stop();
  document = await damage(join(stateDirectory, 'keys'));
  damagedHash = await hashOf(document);
  server = await startHoldfast({ stateDirectory });
  client = new XksClient(server);
  return async () => {
    client.close();
    expect(await server.stop()).toBe(0);
  };
});

async function damage(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => file.includes('damaged'));
  const path = join(folder, name ?? '');
  const text = await readFile(path, 'utf8');
  const middle = Math.floor(text.length / 2);
  const changed = text[middle] === 'A' ? 'B' : 'A';
  await writeFile(path, `${text.slice(0, middle)}${changed}${text.slice(middle + 1)}`);
  return path;
}

async function hashOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

it('is DISABLED in its metadata', async () => {
  const metadata = expectSuccess(await client.call('keys/damaged/metadata', metadataBody()));
  expect(metadata).toMatchObject({ keySpec: 'AES_256', keyStatus: 'DISABLED' });
});

it('is InvalidStateException for Encrypt and for Decrypt', async () => {
  expectError(await client.call('keys/damaged/encrypt', encryptBody()), 'InvalidStateException');
  expectError(
    await client.call('keys/damaged/decrypt', decryptBody(sealed)),
    'InvalidStateException',
  );
});

it('makes health DEGRADED, and is named in the log', async () => {
  const health = expectSuccess(await client.call('health', healthBody()));
  expect(health['ekmFleetDetails']).toMatchObject([{ healthStatus: 'DEGRADED' }]);
  const lines = server.log().split('\n');
  expect(lines.filter((line) => line.startsWith('{') && line.includes('damaged'))).not.toEqual([]);
});

it('leaves every other key alone, and its document stays as it is', async () => {
  await encrypt(client, { ciphertextDataIntegrityValueAlgorithm: 'SHA_256' });
  const again = await server.holdfast('keys', 'create', 'damaged', '--key-store', 'quickstart');
  expect(again.code).not.toBe(0);
  expect(await hashOf(document)).toBe(damagedHash);
});
