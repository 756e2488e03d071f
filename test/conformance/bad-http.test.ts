import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../support/holdfast-server.js';
import { exchange, openTls, XksClient } from '../support/xks-client.js';
import { healthBody } from '../support/xks-requests.js';
import { ERROR_CODES } from '../../src/doctor/error-codes.js';
import { expectSuccess } from './expectations.js';
import { answersIn, type RawRequest, rawRequest } from './raw-request.js';

let server: HoldfastServer;
let client: XksClient;

beforeAll(async () => {
  const configuration = quickstartConfiguration();
  const [listener] = configuration.listeners;
  const limits = { headersTimeoutMs: 1_000, requestTimeoutMs: 1_000, unauthenticatedIdleMs: 1_000 };
  const impatient = { ...listener, name: 'impatient', limits };
  server = await startHoldfast({
    configuration: { ...configuration, listeners: [listener, impatient] },
  });
  client = new XksClient(server);
  return async () => {
    client.close();
    expect(await server.stop()).toBe(0);
    expectNoDefect();
  };
});

/** The listener that waits a second where the other waits five. */
function impatient() {
  return { ...server, port: server.ports.get('impatient') ?? 0 };
}

/** Nothing of what was sent was served, and whoever comes next is. */
async function expectRefusal(received: string): Promise<void> {
  for (const { status, head, body } of answersIn(received)) {
    expect([400, 401, 404, 405, 501]).toContain(status);
    if (status === 405) continue;
    expect(head).toMatch(/\r\ncontent-type: application\/json\r\n/i);
    const { errorName } = JSON.parse(body) as { errorName: keyof typeof ERROR_CODES };
    expect(ERROR_CODES[errorName]).toBe(status);
  }
  expectSuccess(await client.call('health', healthBody()));
  expectNoDefect();
}

function expectNoDefect(): void {
  const defects = server.log().match(/^.*("status":500|"level":"fatal"|"err":).*$/gm) ?? [];
  expect(defects).toEqual([]);
}

/**
 * Headers that a request has once, and the status of one that does not.
 *
 * @see RFC 9112, section 3.2
 */
const needed = [
  ['authorization', 401],
  ['host', 400],
  ['x-amz-date', 401],
] as const;
const chunked = { without: ['content-length'], after: ['Transfer-Encoding: chunked'] };
const next = 'POST /quickstart/kms/xks/v1/keys/quickstart-key/metadata HTTP/1.1\r\nHost: x\r\n\r\n';

describe('a request that two servers could read in two ways is refused, and the connection closed', () => {
  const cases: [string, RawRequest][] = [
    [
      'a length and chunks',
      { after: ['Transfer-Encoding: chunked'], sentBody: `0\r\n\r\n${next}` },
    ],
    [
      'chunks and a length',
      { before: ['Transfer-Encoding: chunked'], sentBody: `0\r\n\r\n${next}` },
    ],
    ['two lengths', { before: ['Content-Length: 0'] }],
    ['two equal lengths', { before: ['Content-Length: 2'], body: '{}' }],
    [
      'a list of lengths',
      { without: ['content-length'], after: ['Content-Length: 2, 2'], body: '{}' },
    ],
    ['a signed length', { without: ['content-length'], after: ['Content-Length: +2'], body: '{}' }],
    ['a negative length', { without: ['content-length'], after: ['Content-Length: -1'], body: '' }],
    [
      'a length beyond all numbers',
      { without: ['content-length'], after: [`Content-Length: ${'9'.repeat(30)}`] },
    ],
    [
      'an unknown transfer coding',
      { without: ['content-length'], after: ['Transfer-Encoding: xchunked'] },
    ],
    [
      'chunked before another coding',
      { without: ['content-length'], after: ['Transfer-Encoding: chunked, gzip'] },
    ],
    ['a chunk size that is no number', { ...chunked, sentBody: 'xyz\r\n{}\r\n0\r\n\r\n' }],
    [
      'a chunk size beyond all numbers',
      { ...chunked, sentBody: 'fffffffffffffffff\r\n{}\r\n0\r\n\r\n' },
    ],
    ['a chunk longer than it says', { ...chunked, sentBody: `1\r\n{}\r\n0\r\n\r\n${next}` }],
    ['a folded header', { before: ['X-Folded: a', ' b'] }],
    ['a header that is only folded', { before: [' x: y'] }],
    ['a space before the colon', { before: ['Content-Length : 7'] }],
    ['a header without a name', { before: [': value'] }],
    ['a NUL in a header', { before: ['X-Nul: a\0b'] }],
    ['a bare CR in a header', { before: ['X-Cr: a\rContent-Length: 0'] }],
    ['a bare LF after a header', { before: ['X-Lf: a\nX-Smuggled: b'] }],
    ['bare LF everywhere', { lineEnd: '\n' }],
  ];
  it.each(cases)('%s', async (_title, raw) => {
    const { received, closed } = await exchange(server, rawRequest(client, server.uriPath, raw));
    expect(closed).toBe(true);
    expect(answersIn(received).length).toBeLessThanOrEqual(1);
    await expectRefusal(received);
  });
});

describe('a request with a header twice is refused', () => {
  it.each(needed)('%s → %i', async (name, status) => {
    const whole = rawRequest(client, server.uriPath).toString('latin1');
    const line = whole.split('\r\n').find((text) => text.toLowerCase().startsWith(`${name}:`));
    for (const other of [line ?? '', `${name}: another`]) {
      const raw = { before: [other, 'Connection: close'] };
      const { received } = await exchange(server, rawRequest(client, server.uriPath, raw));
      expect(answersIn(received).map((answer) => answer.status)).toEqual([status]);
      await expectRefusal(received);
    }
  });

  it.each(needed)('or never: %s → %i', async (name, status) => {
    const raw = { without: [name], before: ['Connection: close'] };
    const { received } = await exchange(server, rawRequest(client, server.uriPath, raw));
    expect(answersIn(received).map((answer) => answer.status)).toEqual([status]);
    await expectRefusal(received);
  });
});

describe('a target in absolute form', () => {
  const send = async (authority: string) => {
    const target = `https://${authority}${server.uriPath}/health`;
    const raw = { target, before: ['Connection: close'] };
    const { received } = await exchange(server, rawRequest(client, server.uriPath, raw));
    return { received, statuses: answersIn(received).map(({ status }) => status) };
  };

  it('for the host that was signed → served', async () => {
    expect((await send(client.host)).statuses).toEqual([200]);
  });

  it('for a host of ours that was not signed → fails authentication', async () => {
    const { received, statuses } = await send('localhost');
    expect(statuses).toEqual([401]);
    await expectRefusal(received);
  });
});

describe('a target that is no path of the API is InvalidUriPathException', () => {
  const path = '/quickstart/kms/xks/v1';
  it.each([
    ['in absolute form for another host', `https://elsewhere.example${path}/health`],
    ['in absolute form of another scheme', `file://${path}/health`],
    ['with a query', `${path}/health?`],
    ['with a fragment', `${path}/health#x`],
    ['with parameters', `${path}/health;x=y`],
    ['with an encoded slash', `${path}/keys/a%2fb/metadata`],
    ['with an encoded key id', `${path}/keys/%71uickstart-key/metadata`],
    ['with dot segments', `/x/..${path}/health`],
    ['with an encoded NUL', `${path}/keys/quickstart-key%00/metadata`],
    ['with a slash too many', `/${path}/health`],
    ['with a slash at the end', `${path}/health/`],
    ['in capitals', `${path}/HEALTH`],
    ['that is everything', '*'],
    ['that is __proto__', '/__proto__/kms/xks/v1/health'],
    ['that is constructor', '/constructor/kms/xks/v1/health'],
    ['that is long', `/${'x'.repeat(8_000)}`],
  ])('%s', async (_title, target) => {
    const { received } = await exchange(server, rawRequest(client, server.uriPath, { target }));
    expect(answersIn(received).map(({ status }) => status)).toEqual([404]);
    await expectRefusal(received);
  });
});

describe('what is no request of HTTP/1.1 ends the connection', () => {
  it.each([
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a target without a slash', 'GET ping HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['HTTP/0.9', 'GET /ping\r\n'],
    ['HTTP/9.9', 'GET /ping HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['an unknown method', 'BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['CONNECT', 'CONNECT localhost:22 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['bytes', Buffer.from([...Array(256).keys()])],
    ['a head of 64 KiB', `POST / HTTP/1.1\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`],
    ['2,000 headers', `POST / HTTP/1.1\r\n${'X-A: b\r\n'.repeat(2_000)}\r\n`],
  ])('%s', async (_title, bytes) => {
    const { received, closed } = await exchange(impatient(), bytes);
    expect(closed).toBe(true);
    await expectRefusal(received);
  });

  it.each([
    ['garbage', Buffer.alloc(512, 0xa5)],
    ['HTTP without TLS', Buffer.from('GET /ping HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a ClientHello that is cut short', Buffer.from('160301020001000000', 'hex')],
  ])('in place of TLS: %s', async (_title, bytes) => {
    const socket = connectTcp(server.port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    socket.end(bytes);
    socket.resume();
    await once(socket, 'close');
    await expectRefusal('');
  });

  it('HTTP/1.0, which is served and not kept', async () => {
    const bytes = rawRequest(client, server.uriPath, { version: 'HTTP/1.0' });
    const { received, closed } = await exchange(server, bytes);
    expect([answersIn(received).map(({ status }) => status), closed]).toEqual([[200], true]);
  });
});

describe('a client that takes its time is cut off', () => {
  it.each([
    ['that says nothing', () => ''],
    ['that does not end its head', () => 'POST / HTTP/1.1\r\nHost:'],
    ['that does not end its body', () => rawRequest(client, server.uriPath, { sentBody: '{' })],
    [
      'that does not end its chunks',
      () => rawRequest(client, server.uriPath, { ...chunked, sentBody: '1\r\n{\r\n' }),
    ],
  ])('%s', async (_title, bytes) => {
    const { received, closed } = await exchange(impatient(), bytes());
    expect(closed).toBe(true);
    await expectRefusal(received);
  });
});

it('a client that sends a byte at a time is cut off as well', async () => {
  const socket = await openTls(impatient());
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.on('error', () => socket.destroy());
  socket.resume();
  socket.write('POST / HTTP/1.1\r\nX-Drip: ');
  const drip = setInterval(() => socket.write('x'), 100);
  await closed;
  clearInterval(drip);
  await expectRefusal('');
});

describe('a body beyond the limit is UnsupportedOperationException', () => {
  const size = 20 * 1024 * 1024;
  it.each([
    ['by its declared length', { body: 'x'.repeat(size) }],
    [
      'as it arrives',
      { ...chunked, sentBody: `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\n\r\n` },
    ],
  ])('%s', async (_title, raw) => {
    const { received, closed } = await exchange(server, rawRequest(client, server.uriPath, raw));
    expect([answersIn(received).map(({ status }) => status), closed]).toEqual([[501], true]);
    await expectRefusal(received);
  });
});

it('a refused request whose body was not read takes what follows it with it', async () => {
  const first = rawRequest(client, server.uriPath, { target: '/nobody/kms/xks/v1/health' });
  const second = rawRequest(client, server.uriPath);
  const { received, closed } = await exchange(server, Buffer.concat([first, second]));
  expect([answersIn(received).map(({ status }) => status), closed]).toEqual([[404], true]);
});

it('requests sent without waiting are answered in order', async () => {
  const good = rawRequest(client, server.uriPath);
  const bad = rawRequest(client, server.uriPath, { body: '{}' });
  const { received } = await exchange(server, Buffer.concat([good, bad, good]), 3);
  expect(answersIn(received).map(({ status }) => status)).toEqual([200, 400, 200]);
});
