import { describe, expect, it, vi } from 'vitest';
import { startListener } from '../../support/listener.js';
import { RawClient } from '../../support/raw-client.js';

async function send(head: string) {
  const { port, calls } = await startListener();
  const client = await RawClient.connect(port);
  client.send(`${head.replaceAll('PORT', String(port))}\r\n\r\n`);
  await vi.waitFor(() => {
    expect(client.received).toMatch(/\r\n\r\n/);
  });
  return { status: Number(client.received.slice(9, 12)), calls, received: client.received };
}

describe('a request', () => {
  it.each([
    ['no Host', 'POST /x HTTP/1.1'],
    ['two Hosts', 'POST /x HTTP/1.1\r\nHost: x\r\nHost: x'],
    ['two Hosts of which one is signed', 'POST /x HTTP/1.1\r\nHOST: x\r\nX: y\r\nhost: y'],
    ['a Host with a path', 'POST /x HTTP/1.1\r\nHost: a/b'],
    ['a Host of another alphabet', 'POST /x HTTP/1.1\r\nHost: a\xa0b'],
    ['two Hosts in HTTP/1.0', 'POST /x HTTP/1.0\r\nHost: x\r\nHost: x'],
    ['no Host, for /ping', 'GET /ping HTTP/1.1'],
    ['no Host, in absolute form', 'POST http://127.0.0.1:PORT/x HTTP/1.1'],
  ])(
    'with %s → 400 ValidationException, the end, and the pipeline does not hear of it',
    async (_what, head) => {
      const { status, received, calls } = await send(head);
      expect(status).toBe(400);
      expect(received).toMatch(/connection: close[^]*"errorName":"ValidationException"/i);
      expect(calls).toEqual([]);
    },
  );

  it('with no Host in HTTP/1.0 → served', async () => {
    expect((await send('POST /x HTTP/1.0')).status).toBe(200);
  });

  it.each(['http://127.0.0.1:PORT', 'HTTP://LocalHost:PORT', 'http://localhost'])(
    'in absolute form for %s → served as its path, and its authority is the Host',
    async (authority) => {
      const { status, calls } = await send(`POST ${authority}/a//b HTTP/1.1\r\nHost: other`);
      expect(status).toBe(200);
      expect(calls[0]?.target).toBe('/a//b');
      expect(calls[0]?.rawHeaders[1]?.replace(/\d{4,}$/, 'PORT')).toBe(
        authority.replace(/^http:\/\//i, ''),
      );
    },
  );

  it.each(['http://elsewhere', 'http://user@localhost', 'ftp://localhost', 'http://'])(
    'in absolute form for %s → not taken apart',
    async (authority) => {
      const { calls, status } = await send(`POST ${authority}/a HTTP/1.1\r\nHost: localhost`);
      if (status === 200) expect(calls[0]?.target).toBe(`${authority}/a`);
      else expect(calls).toEqual([]);
    },
  );

  it('/ping in absolute form → pong', async () => {
    const { received } = await send('GET http://localhost/ping HTTP/1.1\r\nHost: localhost');
    expect(received).toContain('pong');
  });
});
