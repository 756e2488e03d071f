import { describe, expect, it, vi } from 'vitest';
import type { Handle } from '../../../src/pipeline/call.js';
import { CONNECTION_BYTES } from '../../../src/http/xks/door.js';
import { ok, startListener } from '../../support/listener.js';
import { post, RawClient } from '../../support/raw-client.js';

describe('a connection without an authenticated request', () => {
  it('that is kept busy with nothing → ends all the same', async () => {
    const { port } = await startListener({ limits: { unauthenticatedIdleMs: 100 } });
    const client = await RawClient.connect(port);
    client.send(post('/', 'hello'));
    const trickle = setInterval(() => {
      client.send('\r\n');
    }, 20);
    await client.closed;
    clearInterval(trickle);
    expect(client.received).toMatch(/^HTTP\/1.1 200 /);
  });

  it('beyond maxConnections → the oldest silent one goes, and the log says so once', async () => {
    const { port, log } = await startListener({ limits: { maxConnections: 2 } });
    const first = await RawClient.connect(port);
    const second = await RawClient.connect(port);
    const third = await RawClient.connect(port);
    await first.closed;
    const fourth = await RawClient.connect(port);
    await second.closed;
    for (const client of [third, fourth]) {
      client.send(post('/', 'served'));
      await vi.waitFor(() => {
        expect(client.received).toContain('"text":"served"');
      });
    }
    const lines = log.lines().filter(({ level }) => level === 'warn');
    expect(lines.map(({ msg }) => msg)).toEqual([
      'maxConnections is reached, and connections are dropped',
    ]);
  });
});

/** Takes every request for an authenticated one. */
const trusting: Handle = async (call) => {
  await call.readBody(100);
  call.markAuthenticated();
  return ok({});
};

async function authenticated(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  client.send(post('/', ''));
  await vi.waitFor(() => {
    expect(client.received).toMatch(/^HTTP\/1.1 200 /);
  });
  return client;
}

describe('a connection that has made an authenticated request', () => {
  it('is never ended for a newcomer, who is dropped when there are no others', async () => {
    const { port, log } = await startListener({
      handle: trusting,
      limits: { maxConnections: 2 },
    });
    const first = await authenticated(port);
    const second = await authenticated(port);
    for (let round = 0; round < 3; round += 1) await (await RawClient.connect(port)).closed;
    for (const client of [first, second]) {
      const before = client.received.length;
      client.send(post('/', ''));
      await vi.waitFor(() => {
        expect(client.received.length).toBeGreaterThan(before);
      });
    }
    expect(log.lines().filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('maxConnectionsPerAddress', () => {
  it('is reached → the oldest stranger of that address goes, and nobody of another', async () => {
    const { port } = await startListener({ limits: { maxConnectionsPerAddress: 1 } });
    const elsewhere = await RawClient.connect(port, '127.0.0.2');
    const first = await RawClient.connect(port);
    const second = await RawClient.connect(port);
    await first.closed;
    for (const client of [elsewhere, second]) {
      client.send(post('/', 'served'));
      await vi.waitFor(() => {
        expect(client.received).toContain('"text":"served"');
      });
    }
  });
});

describe('bytes held for strangers', () => {
  it('beyond the limit → who has held some longest goes, and the newcomer is served', async () => {
    const { port } = await startListener({ maxHeldBytes: 3 * (CONNECTION_BYTES + 10_000) });
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n';
    const trickling = [];
    for (let count = 0; count < 4; count += 1) {
      const client = await RawClient.connect(port);
      client.send(head + 'x'.repeat(9_000));
      trickling.push(client);
    }
    await trickling[0]?.closed;
    const client = await RawClient.connect(port);
    client.send(post('/', 'served'));
    await vi.waitFor(() => {
      expect(client.received).toContain('"text":"served"');
    });
    expect(trickling[3]?.socket.destroyed).toBe(false);
  });
});
