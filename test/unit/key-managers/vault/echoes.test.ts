import { createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { KeyManagerNode } from '../../../../src/key-managers/backend.js';
import {
  answer,
  deadline,
  KEY,
  openNode,
  startFakeServer,
  TOKEN,
  tokenFile,
} from './fake-server.js';

const SECRET_ID = 'canary-secret-id-5f2c1a9e';
const PLAINTEXT = Buffer.from('canary plaintext of thirty-two b');

/** A key manager of one server, and all that it has logged. */
async function nodeOf(address: string, login: object) {
  const logged: unknown[] = [];
  const write = (...args: unknown[]) => logged.push(args);
  const node = await openNode(address, login, write);
  return { node, logged };
}

async function failuresOf(node: KeyManagerNode): Promise<unknown[]> {
  const version = { version: 1, materialName: Buffer.alloc(8) };
  const described = Promise.resolve(node.describeKey('a', deadline()));
  const { current = version } = await described.catch(() => ({}) as never);
  const ref = { externalKeyId: 'a', version: current };
  const sealed = { iv: Buffer.alloc(12), ciphertext: PLAINTEXT, tag: Buffer.alloc(16) };
  const works = [
    node.describeKey('b', deadline()),
    node.encrypt(ref, PLAINTEXT, PLAINTEXT, deadline()),
    node.decrypt(ref, sealed, PLAINTEXT, deadline()),
    node.checkHealth(deadline()),
  ];
  const results = await Promise.allSettled(works.map((work) => Promise.resolve(work)));
  return results.map((result): unknown =>
    result.status === 'fulfilled' ? result.value : result.reason,
  );
}

function assertClean(...told: unknown[]): void {
  const text = inspect(told, { depth: 12, maxStringLength: null });
  for (const secret of [TOKEN, SECRET_ID, PLAINTEXT.toString(), PLAINTEXT.toString('base64')]) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(secret.slice(0, 16));
  }
}

describe('a server that repeats what it was sent', () => {
  it.each([400, 403, 404, 429, 500, 503])('with status %i → not shown', async (status) => {
    const address = await startFakeServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { url = '', headers } = request;
        const body = Buffer.concat(chunks).toString();
        if (url.endsWith('lookup-self')) answer(response, 200, { data: { ttl: 0 } });
        else if (url.endsWith('/keys/a')) answer(response, 200, { data: KEY });
        else answer(response, status, { errors: [`${String(headers['x-vault-token'])} ${body}`] });
      });
    });
    const { node, logged } = await nodeOf(address, { method: 'token', tokenFile: tokenFile() });
    assertClean(await failuresOf(node), logged);
  });

  it('at the login → neither secret id nor token is shown', async () => {
    const address = await startFakeServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        answer(response, 400, { errors: [`invalid secret id in ${body}`] });
      });
    });
    const login = { method: 'approle', roleId: 'canary-role', secretId: SECRET_ID };
    const { node, logged } = await nodeOf(address, login);
    expect(logged).not.toEqual([]);
    assertClean(await failuresOf(node), logged);
  });

  it('in an answer that is no HTTP → not in the cause of the error', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('data', (chunk) => {
        socket.end(`HTP/9 ${chunk.toString()}\r\n\r\n`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const login = { method: 'token', tokenFile: tokenFile() };
    const { node, logged } = await nodeOf(`http://127.0.0.1:${String(port)}`, login);
    const failures = await failuresOf(node);
    expect(inspect(failures)).toContain('unreachable');
    assertClean(failures, logged);
  });
});
