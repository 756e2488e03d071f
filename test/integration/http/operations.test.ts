import { describe, expect, it, onTestFinished } from 'vitest';
import { operationsSchema } from '../../../src/http/config.js';
import {
  MAX_OPERATIONS_CONNECTIONS,
  OperationsServer,
  type OperationsPorts,
} from '../../../src/http/operations/operations-server.js';
import { captureLog, type CapturedLog } from '../../support/log-lines.js';
import { RawClient } from '../../support/raw-client.js';

interface TestOperations {
  readonly url: string;
  readonly log: CapturedLog;
}

async function start(parts: Partial<OperationsPorts> = {}): Promise<TestOperations> {
  const log = captureLog();
  const server = new OperationsServer({
    config: { ...operationsSchema.parse({}), port: 0 },
    isDraining: () => false,
    refusal: () => undefined,
    isServing: () => true,
    metrics: { contentType: 'text/plain; version=0.0.4', render: () => Promise.resolve('up 1\n') },
    logger: log.logger,
    ...parts,
  });
  const { port } = await server.listen();
  onTestFinished(() => server.close());
  return { url: `http://127.0.0.1:${String(port)}`, log };
}

async function get(url: string): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe('the operations listener', () => {
  it.each<[string, Partial<OperationsPorts>, number, string]>([
    ['/ping', {}, 200, 'pong\n'],
    ['/ping', { isDraining: () => true }, 503, 'draining\n'],
    ['/livez', {}, 200, 'alive\n'],
    ['/livez', { isDraining: () => true }, 200, 'alive\n'],
    ['/readyz', {}, 200, 'ready\n'],
    ['/readyz', { isServing: () => false }, 503, 'starting\n'],
    ['/readyz', { refusal: () => 'the state is too old' }, 503, 'the state is too old\n'],
    ['/readyz', { isDraining: () => true }, 503, 'draining\n'],
    ['/metrics', {}, 200, 'up 1\n'],
    ['/kms/xks/v1/health', {}, 404, 'not found\n'],
    ['/%ff', {}, 404, 'not found\n'],
  ])('%s with %o → %i', async (path, parts, status, text) => {
    const { url } = await start(parts);
    expect(await get(url + path)).toMatchObject({ status, text });
  });

  it('/metrics → the media type that Prometheus expects', async () => {
    const { url } = await start();
    const { headers } = await get(`${url}/metrics`);
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('any answer → helmet, and nothing that names the software', async () => {
    const { url } = await start();
    const { headers } = await get(`${url}/ping`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.has('x-powered-by')).toBe(false);
  });

  it('a source that fails → 500 without its message, which is logged', async () => {
    const render = () => Promise.reject(new Error('connection string: hunter2'));
    const { url, log } = await start({ metrics: { contentType: 'text/plain', render } });
    expect(await get(`${url}/metrics`)).toMatchObject({ status: 500, text: 'failed\n' });
    expect(log.lines()).toMatchObject([{ level: 'error', path: '/metrics' }]);
  });

  it('a port that is taken → rejects', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    await expect(start({ config: { host: '127.0.0.1', port } })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

describe('the Host of a probe', () => {
  it.each([
    ['none', 'GET /ping HTTP/1.1\r\n\r\n'],
    ['two', 'GET /ping HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n'],
    ['one that is none', 'GET /ping HTTP/1.1\r\nHost: a/b\r\n\r\n'],
  ])('%s → 400, and the connection ends', async (_what, head) => {
    const { url } = await start();
    const client = await RawClient.connect(Number(new URL(url).port));
    client.send(head);
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1.1 400 /);
  });
});

describe('connections to the operations listener', () => {
  it('beyond its limit → the oldest silent one goes, and probes are answered', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    const silent = [];
    for (let count = 0; count < MAX_OPERATIONS_CONNECTIONS; count += 1) {
      silent.push(await RawClient.connect(port));
    }
    expect((await get(`${url}/ping`)).text).toBe('pong\n');
    await silent[0]?.closed;
  });
});

describe('a probe in flight when the server begins to drain', () => {
  it('is answered with Connection: close', async () => {
    let draining = false;
    const { url } = await start({
      isDraining: () => draining,
      metrics: {
        contentType: 'text/plain',
        render: () => {
          draining = true;
          return Promise.resolve('up 1\n');
        },
      },
    });
    expect((await get(`${url}/metrics`)).headers.get('connection')).toBe('close');
  });
});
