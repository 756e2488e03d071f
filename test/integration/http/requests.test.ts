import { once } from 'node:events';
import { createServer, IncomingMessage, request as httpRequest, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createXksApp } from '../../../src/http/xks/xks-app.js';
import { deferred } from '../../support/deferred.js';
import { ok, startListener } from '../../support/listener.js';
import { post, RawClient } from '../../support/raw-client.js';

describe('a request', () => {
  it('through the Express application → served once, and nothing of it is changed', async () => {
    const prototypes: unknown[] = [];
    const app = createXksApp((request, response) => {
      prototypes.push(Object.getPrototypeOf(request), Object.getPrototypeOf(response));
      response.end(request.url);
    });
    const server = createServer(app).listen(0);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const target = '/a//%2f?x=1';
    const answer = await exchange((server.address() as AddressInfo).port, 'GET', target);
    expect(answer).toMatchObject({ text: target });
    expect(prototypes).toEqual([IncomingMessage.prototype, ServerResponse.prototype]);
  });

  it('with duplicates and capitals → handed over byte by byte', async () => {
    const { port, calls } = await startListener();
    const client = await RawClient.connect(port);
    client.send(
      post('/a//KMS/%2fx%41?y=1', 'body', ['X-Twice: 1', 'x-twice:  2', 'Authorization: a']),
    );
    await vi.waitFor(() => {
      expect(client.received).toContain('{"length":4,"text":"body"}');
    });
    expect(calls).toMatchObject([
      {
        method: 'POST',
        target: '/a//KMS/%2fx%41?y=1',
        rawHeaders: [
          ...['Host', 'localhost', 'X-Twice', '1', 'x-twice', '2', 'Authorization', 'a'],
          ...['Content-Length', '4'],
        ],
        clientAddress: '127.0.0.1',
        clientCertificateName: undefined,
      },
    ]);
  });

  it.each([
    'http://elsewhere/kms/xks/v1/health',
    'http://[::/',
    '//a@[b#c',
    '/a#b',
    '/kms/xks/v1/keys/%ff%',
    '/__proto__',
    '/PING',
    '/ping/',
    '/ping?x',
  ])('for %s → the pipeline decides, and the target is as it was', async (target) => {
    const { port, calls } = await startListener();
    const client = await RawClient.connect(port);
    client.send(post(target, ''));
    await vi.waitFor(() => {
      expect(client.received).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    });
    expect(client.received).toMatch(/^x-content-type-options: nosniff\r$/im);
    expect(calls.map((call) => call.target)).toEqual([target]);
  });

  it('decided with one whose answer cannot be written → answered all the same', async () => {
    const bothCame = deferred();
    const { port, log, calls } = await startListener({
      handle: async (call) => {
        const body = await call.readBody(100);
        if (calls.length === 2) bothCame.resolve(undefined);
        await bothCame.promise;
        return body.toString() === 'bad' ? { ...ok({}), headers: ['x', 'a\nb'] } : ok({});
      },
    });
    const [bad, good] = [await RawClient.connect(port), await RawClient.connect(port)];
    bad.send(post('/', 'bad'));
    good.send(post('/', 'good'));
    await vi.waitFor(() => {
      expect(bad.received).toMatch(/^HTTP\/1.1 500 /);
      expect(good.received).toMatch(/^HTTP\/1.1 200 /);
    });
    expect(log.text()).toContain('a request failed beyond the pipeline');
  });

  it('OPTIONS * → the pipeline decides', async () => {
    const { port, calls } = await startListener();
    const client = await RawClient.connect(port);
    client.send('OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n');
    await vi.waitFor(() => {
      expect(calls).toMatchObject([{ method: 'OPTIONS', target: '*' }]);
    });
  });

  it('pipelined with others → answers in the order of the requests', async () => {
    const { port } = await startListener({
      handle: async (call) => {
        const text = (await call.readBody(100)).toString();
        await new Promise((resolve) => setTimeout(resolve, text === 'first' ? 30 : 0));
        return ok({ text });
      },
    });
    const client = await RawClient.connect(port);
    client.send(post('/', 'first') + post('/', 'second') + post('/', 'third'));
    await vi.waitFor(() => {
      expect(client.received.match(/first|second|third/g)).toEqual(['first', 'second', 'third']);
    });
  });

  it('in many small pieces → put together', async () => {
    const { port } = await startListener();
    const client = await RawClient.connect(port);
    for (const character of post('/', '{"a":1}')) {
      client.send(character);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => {
      expect(client.received).toContain('{"length":7');
    });
  });

  it('chunked → put together', async () => {
    const { port } = await startListener();
    const client = await RawClient.connect(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    client.send('3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n');
    await vi.waitFor(() => {
      expect(client.received).toContain('{"length":5,"text":"abcde"}');
    });
  });

  it('that wants to upgrade → answered with HTTP/1.1 all the same', async () => {
    const { port } = await startListener();
    const client = await RawClient.connect(port);
    client.send(post('/', 'x', ['Connection: Upgrade', 'Upgrade: h2c']));
    await vi.waitFor(() => {
      expect(client.received).toMatch(/^HTTP\/1.1 200 OK/);
    });
  });

  it('CONNECT → the connection is closed', async () => {
    const { port, calls } = await startListener();
    const client = await RawClient.connect(port);
    client.send('CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere\r\n\r\n');
    await client.closed;
    expect(calls).toEqual([]);
  });

  it('that expects 100-continue → told to go on once its body is wanted', async () => {
    const { port } = await startListener();
    const client = await RawClient.connect(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
    await vi.waitFor(() => {
      expect(client.received).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    });
    client.send('late');
    await vi.waitFor(() => {
      expect(client.received).toContain('{"length":4,"text":"late"}');
    });
  });

  it('that expects something else → served, not 417', async () => {
    const { port } = await startListener();
    const client = await RawClient.connect(port);
    client.send(post('/', 'x', ['Expect: the-unexpected']));
    await vi.waitFor(() => {
      expect(client.received).toMatch(/^HTTP\/1.1 200 OK/);
    });
  });

  it('whose client goes away in the middle of the body → readBody rejects, nothing breaks', async () => {
    const failures: unknown[] = [];
    const { port, log } = await startListener({
      handle: async (call) => {
        await call.readBody(100).catch((error: unknown) => failures.push(error));
        return { status: 400, body: '{}' };
      },
    });
    const client = await RawClient.connect(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab');
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.socket.destroy();
    await vi.waitFor(() => {
      expect(failures).toMatchObject([{ failure: 'aborted' }]);
    });
    expect(log.lines().filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('an answer', () => {
  it('with a body → JSON, two security headers, nothing that names the software', async () => {
    const { port } = await startListener();
    const { status, headers } = await exchange(port, 'POST', '/');
    expect(status).toBe(200);
    expect(Object.keys(headers).sort()).toEqual(
      [
        ...['connection', 'content-length', 'content-type', 'date'],
        ...['strict-transport-security', 'x-content-type-options'],
      ].sort(),
    );
    expect(headers['content-type']).toBe('application/json');
  });

  it('without a body → its own headers, no content type', async () => {
    const { port } = await startListener({
      handle: () => Promise.resolve({ status: 405, body: '', headers: ['allow', 'POST'] }),
    });
    const { status, headers, text } = await exchange(port, 'GET', '/kms/xks/v1/health');
    expect({ status, text, allow: headers['allow'] }).toEqual({
      status: 405,
      text: '',
      allow: 'POST',
    });
    expect(headers).not.toHaveProperty('content-type');
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('secret inside'))],
    [
      'gives a header that HTTP cannot carry',
      () => Promise.resolve({ status: 200, body: '{}', headers: ['a', '\n'] }),
    ],
  ])(
    'of a pipeline that %s → InternalException, logged, the next one served',
    async (_what, handle) => {
      const { port, log } = await startListener({ handle });
      for (let round = 0; round < 2; round += 1) {
        const { status, text } = await exchange(port, 'POST', '/');
        expect(status).toBe(500);
        expect(text).toBe('{"errorName":"InternalException","errorMessage":"The proxy failed."}');
      }
      expect(log.lines().filter(({ level }) => level === 'error')).toHaveLength(2);
    },
  );
});

describe('/ping', () => {
  it.each([
    ['GET', 'pong\n'],
    ['HEAD', ''],
  ])('%s → 200 without the pipeline', async (method, text) => {
    const { port, calls } = await startListener();
    expect(await exchange(port, method, '/ping')).toMatchObject({ status: 200, text });
    expect(calls).toEqual([]);
  });

  it('closes its connection, and a body that breaks off gets no answer of its own', async () => {
    const { port } = await startListener();
    const client = await RawClient.connect(port);
    client.send('GET /ping HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n');
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1.1 200 [^]*connection: close[^]*pong\n$/i);
    expect(client.received.match(/HTTP\/1.1/g)).toHaveLength(1);
  });

  it('POST → the pipeline decides', async () => {
    const { port, calls } = await startListener();
    await exchange(port, 'POST', '/ping');
    expect(calls).toHaveLength(1);
  });
});

interface Exchange {
  status: number | undefined;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
}

function exchange(port: number, method: string, path: string): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, method, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, text });
      });
    });
    request.on('error', reject);
    request.end();
  });
}
