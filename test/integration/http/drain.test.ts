import { describe, expect, it, vi } from 'vitest';
import { ok, startListener } from '../../support/listener.js';
import { post, RawClient } from '../../support/raw-client.js';

const PING = 'GET /ping HTTP/1.1\r\nHost: x\r\n\r\n';

describe('a listener that drains', () => {
  it('for as long as load balancers need → serves, /ping says 503, connections close', async () => {
    const { port, server } = await startListener();
    const old = await RawClient.connect(port);
    old.send(post('/', 'before'));
    await vi.waitFor(() => {
      expect(old.received).toMatch(/connection: keep-alive/i);
    });

    const drained = server.drain(300);
    const prober = await RawClient.connect(port);
    prober.send(PING);
    await prober.closed;
    expect(prober.received).toMatch(/^HTTP\/1.1 503 [^]*connection: close[^]*draining\n$/i);

    old.send(post('/', 'during'));
    await old.closed;
    expect(old.received).toMatch(/connection: close[^]*"text":"during"/i);

    await drained;
    await expect(RawClient.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('with a request in flight → it is answered first', async () => {
    let finish: () => void = () => undefined;
    const { port, server, calls } = await startListener({
      handle: async () => {
        await new Promise<void>((resolve) => (finish = resolve));
        return ok({ done: true });
      },
    });
    const client = await RawClient.connect(port);
    client.send(post('/', ''));
    await vi.waitFor(() => {
      expect(calls).toHaveLength(1);
    });
    let over = false;
    const drained = server.drain(0).then(() => (over = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(over).toBe(false);
    finish();
    await drained;
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1.1 200 [^]*connection: close[^]*\{"done":true\}$/i);
  });

  it('with an idle connection → closes it', async () => {
    const { port, server } = await startListener();
    const client = await RawClient.connect(port);
    client.send(post('/', 'x'));
    await vi.waitFor(() => {
      expect(client.received).toMatch(/^HTTP\/1.1 200/);
    });
    await server.drain(0);
    await client.closed;
  });

  it('with a request that never ends → cut off after the time a request may take', async () => {
    const { port, server, log, calls } = await startListener({
      limits: { headersTimeoutMs: 200, requestTimeoutMs: 200 },
      handle: () => new Promise(() => undefined),
    });
    const client = await RawClient.connect(port);
    client.send(post('/', ''));
    await vi.waitFor(() => {
      expect(calls).toHaveLength(1);
    });
    await server.drain(0);
    await client.closed;
    expect(log.lines()).toContainEqual(
      expect.objectContaining({ level: 'warn', listener: 'test' }),
    );
  });
});
