import { describe, expect, it, vi } from 'vitest';
import { startListener } from '../../support/listener.js';
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

  it('beyond maxConnections → dropped, and the log says so once', async () => {
    const { port, log } = await startListener({ limits: { maxConnections: 1 } });
    const first = await RawClient.connect(port);
    const others = [await RawClient.connect(port), await RawClient.connect(port)];
    await Promise.all(others.map(({ closed }) => closed));
    const lines = log.lines().filter(({ level }) => level === 'warn');
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['maxConnections is reached, and connections are dropped']),
    );
    first.send(post('/', 'still served'));
    await vi.waitFor(() => {
      expect(first.received).toContain('still served');
    });
  });
});
