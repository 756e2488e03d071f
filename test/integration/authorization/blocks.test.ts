import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type HoldfastServer, startHoldfast } from '../../support/holdfast-server.js';
import { openTls, XksClient } from '../../support/xks-client.js';
import { encryptBody, metadataBody, signedHeaders } from '../../support/xks-requests.js';

const KEY = 'quickstart-key';
/** Requests that are sent before the answers to those before them are there. */
const IN_FLIGHT = 8;

const stateDirectory = mkdtempSync(join(tmpdir(), 'holdfast-blocks-'));
let server: HoldfastServer;
let client: XksClient;
beforeAll(async () => {
  server = await startHoldfast({ stateDirectory });
  client = new XksClient(server);
});
afterAll(async () => {
  client.close();
  await server.stop();
  rmSync(stateDirectory, { recursive: true });
});

/** Encrypt as it goes on the wire. */
function encryptRequest(): string {
  const path = `${server.uriPath}/keys/${KEY}/encrypt`;
  const body = JSON.stringify(encryptBody());
  const { host, credential } = client;
  const headers = signedHeaders({ host, credential, path, body: Buffer.from(body) });
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`POST ${path} HTTP/1.1`, ...head, '', body].join('\r\n');
}

it('pipelined on one connection, a key is blocked in between → every request after the answer is refused', async () => {
  const socket = await openTls(server);
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  const statuses = () => [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  let sent = 0;
  const send = () => {
    socket.write(encryptRequest());
    sent += 1;
  };
  const over = new AbortController();
  const blocking = server
    .holdfast('keys', 'block', KEY, '--reason', 'incident 4711')
    .finally(() => {
      over.abort();
    });
  while (!over.signal.aborted) {
    if (sent - statuses().length < IN_FLIGHT) send();
    await pause(1);
  }
  const before = sent;
  for (let count = 0; count < IN_FLIGHT; count += 1) send();
  expect(await blocking).toMatchObject({ code: 0 });
  await vi.waitFor(() => {
    expect(statuses()).toHaveLength(sent);
  });
  socket.destroy();
  expect(statuses()[0]).toBe('200');
  expect(new Set(statuses().slice(before))).toEqual(new Set(['400']));
});

it('a restart → still blocked, with who, when and why, until it is unblocked', async () => {
  await server.stop();
  server = await startHoldfast({ stateDirectory });
  client.close();
  client = new XksClient(server);
  const refused = await client.call(`keys/${KEY}/encrypt`, encryptBody());
  expect(refused.json).toMatchObject({ errorName: 'InvalidStateException' });
  const described = await client.call(`keys/${KEY}/metadata`, metadataBody());
  expect(described.json).toMatchObject({ keyStatus: 'DISABLED' });
  const { stdout } = await server.holdfast('blocks', 'list');
  expect(stdout).toMatch(/key +quickstart-key +files +yes +\S+ +\S+.* +incident 4711/u);
  await server.holdfast('keys', 'unblock', KEY, '--reason', 'it is over');
  expect(await client.call(`keys/${KEY}/encrypt`, encryptBody())).toMatchObject({ status: 200 });
});

it('principals are blocked → their calls are denied, and the answer says what it does not stop', async () => {
  const { awsPrincipalArn } = encryptBody()['requestMetadata'] as { awsPrincipalArn: string };
  const pattern = awsPrincipalArn.replace(/[^:/]+$/u, '*');
  const blocking = await server.holdfast('principals', 'block', pattern, '--reason', 'incident');
  expect(blocking.stdout).toContain('It does not stop:');
  const denied = await client.call(`keys/${KEY}/encrypt`, encryptBody());
  expect(denied).toMatchObject({ status: 403, json: { errorName: 'AccessDeniedException' } });
  await server.holdfast('principals', 'unblock', pattern, '--reason', 'it is over');
  expect(await client.call(`keys/${KEY}/encrypt`, encryptBody())).toMatchObject({ status: 200 });
});

it('a bare name is blocked → refused, because it fits no caller', async () => {
  const result = await server.holdfast('principals', 'block', 'alice', '--reason', 'x');
  expect(result.stderr).toContain('so nobody would be blocked. Name an ARN');
  expect(result.code).toBe(2);
});

it.each([
  [['keys', 'block', 'no-such-key'], 'There is no key "no-such-key"'],
  [['keys', 'unblock', KEY], `"${KEY}" is not blocked`],
  [['key-stores', 'block', 'elsewhere'], 'There is no key store "elsewhere"'],
  [['principals', 'unblock', 'arn:aws:iam::1:role/x'], 'is not blocked'],
])('%j → refused in words', async (command, words) => {
  const result = await server.holdfast(...command, '--reason', 'x');
  expect(result.stderr).toContain(words);
  expect(result.code).toBe(1);
});
