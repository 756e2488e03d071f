import { expect, it, onTestFinished } from 'vitest';
import type { ShownFailedAuthentications } from '../../../src/admin/contract/failed-authentications.js';
import { type HoldfastServer, startHoldfast } from '../../support/holdfast-server.js';
import { XksClient } from '../../support/xks-client.js';
import { type Credential, metadataBody } from '../../support/xks-requests.js';

const METADATA = 'keys/quickstart-key/metadata';
const UNKNOWN = { accessKeyId: 'Z'.repeat(24), secretAccessKey: 'z'.repeat(43) };
const TIMES = 3;

async function failed(server: HoldfastServer): Promise<ShownFailedAuthentications> {
  const { code, stdout } = await server.holdfast('credentials', 'failures', '--json');
  expect(code).toBe(0);
  return JSON.parse(stdout) as ShownFailedAuthentications;
}

async function statuses(client: XksClient, credential: Credential): Promise<readonly number[]> {
  const found: number[] = [];
  for (let call = 0; call < TIMES; call += 1) {
    found.push((await client.call(METADATA, metadataBody(), { credential })).status);
  }
  return found;
}

it('bad signatures and unknown ids → counted by address and by claimed id, and nobody is locked out', async () => {
  const server = await startHoldfast();
  onTestFinished(async () => {
    await server.stop();
  });
  const here = new XksClient(server);
  const elsewhere = new XksClient(server, { localAddress: '127.0.0.2' });
  onTestFinished(() => {
    here.close();
    elsewhere.close();
  });
  const { accessKeyId } = server.credential;
  const nobody = await server.holdfast('credentials', 'failures');
  expect(nobody.stdout).toMatch(/^No failed authentication since \S+Z\.\n$/u);
  const wrong = { accessKeyId, secretAccessKey: 'x'.repeat(43) };
  const refused = Array.from({ length: TIMES }, () => 401);
  expect(await statuses(here, wrong)).toEqual(refused);
  expect(await statuses(elsewhere, wrong)).toEqual(refused);
  expect(await statuses(elsewhere, UNKNOWN)).toEqual(refused);
  const after = await failed(server);
  const told = ({ top }: ShownFailedAuthentications['addresses']) =>
    Object.fromEntries(top.map(({ name, count, lastFailure }) => [name, [count, lastFailure]]));
  expect(after.total).toBe(3 * TIMES);
  expect(told(after.addresses)).toEqual({
    '127.0.0.1': [TIMES, 'signature-mismatch'],
    '127.0.0.2': [2 * TIMES, 'unknown-access-key-id'],
  });
  expect(told(after.accessKeyIds)).toEqual({
    [accessKeyId]: [2 * TIMES, 'signature-mismatch'],
    [UNKNOWN.accessKeyId]: [TIMES, 'unknown-access-key-id'],
  });
  expect(after.addresses.top.map(({ name }) => name)).toEqual(['127.0.0.2', '127.0.0.1']);

  const right = await statuses(elsewhere, server.credential);
  expect(right).toEqual(Array.from({ length: TIMES }, () => 200));
  expect(await failed(server)).toEqual(after);
  const { stdout } = await server.holdfast('credentials', 'failures');
  expect(stdout).toMatch(/^9 failed authentications since /u);
  expect(stdout).toMatch(/^127\.0\.0\.2 +6 .* unknown-access-key-id$/mu);
});
