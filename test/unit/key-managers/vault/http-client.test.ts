import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HttpClient } from '../../../../src/key-managers/vault/http-client.js';
import { type FakeHandler, startFakeServer } from './fake-server.js';

const request = { method: 'GET', path: 'sys/health', headers: [] } as const;

function clientOf(address: string, maxConnections = 1): HttpClient {
  const client = new HttpClient({ address, tls: {}, maxConnections, connectTimeoutMs: 1_000 });
  onTestFinished(() => client.close());
  return client;
}

async function clientOfFake(handler: FakeHandler): Promise<HttpClient> {
  return clientOf(await startFakeServer(handler));
}

describe('HttpClient', () => {
  it('an answer in pieces → put together, with its status', async () => {
    const client = await clientOfFake((_, response) => {
      response.writeHead(429).write('{"a":');
      setImmediate(() => response.end('"é"}'));
    });
    expect(await client.send(request, 5_000)).toMatchObject({ status: 429, body: '{"a":"é"}' });
  });

  it('requests one after the other → one connection', async () => {
    const sockets = new Set();
    const client = await clientOfFake((incoming, response) => {
      sockets.add(incoming.socket);
      response.end('{}');
    });
    for (let sent = 0; sent < 5; sent += 1) await client.send(request, 5_000);
    expect(sockets.size).toBe(1);
  });

  it('a redirect → the answer itself, and nobody else gets the token', async () => {
    let redirected = 0;
    const elsewhere = await startFakeServer((_, response) => {
      redirected += 1;
      response.end();
    });
    const client = await clientOfFake((_, response) => {
      response.writeHead(307, { location: elsewhere }).end();
    });
    expect((await client.send(request, 5_000)).status).toBe(307);
    expect(redirected).toBe(0);
  });

  it.each<[string, FakeHandler]>([
    ['no answer', () => undefined],
    [
      'headers alone',
      (_, response) => {
        response.writeHead(200).flushHeaders();
      },
    ],
    ['an answer that does not end', (_, response) => response.writeHead(200).write('{')],
  ])('%s in time → deadline, and the next request is not behind it', async (_, handler) => {
    let calls = 0;
    const client = await clientOfFake((incoming, response) => {
      calls += 1;
      if (calls === 1) handler(incoming, response);
      else response.end('{}');
    });
    await expect(client.send(request, 50)).rejects.toMatchObject({ code: 'deadline' });
    expect((await client.send(request, 5_000)).status).toBe(200);
  });

  it('no free connection in time → deadline, and the request is never sent', async () => {
    const paths: (string | undefined)[] = [];
    const client = await clientOfFake((incoming, response) => {
      paths.push(incoming.url);
      if (paths.length > 1) response.end('{}');
    });
    const first = client.send(request, 200);
    const second = client.send({ ...request, path: 'never' }, 50);
    await expect(second).rejects.toMatchObject({ code: 'deadline' });
    await expect(first).rejects.toMatchObject({ code: 'deadline' });
    await client.send({ ...request, path: 'last' }, 5_000);
    expect(paths).toEqual(['/v1/sys/health', '/v1/last']);
  });

  it('more than can be answered in time → overloaded', async () => {
    const client = await clientOfFake(() => undefined);
    const sent = Array.from({ length: 9 }, () => client.send(request, 100));
    const codes = (await Promise.allSettled(sent)).map(
      (it) => it.status === 'rejected' && (it.reason as { code: string }).code,
    );
    expect(codes.filter((code) => code === 'overloaded')).toHaveLength(1);
    expect(codes.filter((code) => code === 'deadline')).toHaveLength(8);
  });

  it('no time left → deadline, without a request', async () => {
    const client = clientOf('http://127.0.0.1:9');
    await expect(client.send(request, 0)).rejects.toMatchObject({ code: 'deadline' });
  });

  it('nobody there → unreachable', async () => {
    const client = clientOf('http://127.0.0.1:9');
    await expect(client.send(request, 5_000)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('the connection ends before the answer → unreachable', async () => {
    const client = await clientOfFake((incoming) => incoming.socket.destroy());
    await expect(client.send(request, 5_000)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('something that is not HTTP → unreachable', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const client = clientOf(`http://127.0.0.1:${port}`);
    await expect(client.send(request, 5_000)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('an answer of more than a mebibyte → unreachable', async () => {
    const client = await clientOfFake((_, response) => response.end(Buffer.alloc(1_048_577)));
    await expect(client.send(request, 5_000)).rejects.toMatchObject({ code: 'unreachable' });
  });
});
