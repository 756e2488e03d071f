import { describe, expect, it, vi } from 'vitest';
import type { Handle } from '../../../src/pipeline/call.js';
import { ok, startListener } from '../../support/listener.js';
import { post, RawClient } from '../../support/raw-client.js';

const CHUNKED = 'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
const REFUSED = /^HTTP\/1.1 4\d\d [^]*connection: close[^]*\}$/i;

describe('a body in chunks of one byte', () => {
  it('60,000 of them → refused after a few hundred, however many come in one read', async () => {
    const outcomes: unknown[] = [];
    const handle: Handle = async (call) => {
      try {
        await call.readBody(1_000_000);
      } catch (error) {
        outcomes.push(error);
      }
      return { status: 400, body: '{}' };
    };
    const { port } = await startListener({ handle });
    const client = await RawClient.connect(port);
    client.send(`${CHUNKED}${'1\r\na\r\n'.repeat(60_000)}0\r\n\r\n`);
    await client.closed;
    expect(client.error).toBeUndefined();
    expect(client.received).toMatch(REFUSED);
    expect(outcomes).toMatchObject([{ failure: 'in-pieces' }]);
  });

  it('200 of them → read whole', async () => {
    const { port } = await startListener();
    const client = await RawClient.connect(port);
    client.send(`${CHUNKED}${'1\r\na\r\n'.repeat(200)}0\r\n\r\n`);
    await vi.waitFor(() => {
      expect(client.received).toContain('"length":200');
    });
  });
});

describe('a connection whose answer is decided', () => {
  it.each([
    ['a path that the pipeline refuses', CHUNKED],
    ['two Hosts', CHUNKED.replace('Host: x', 'Host: x\r\nHost: x')],
    ['/ping', CHUNKED.replace('POST /x', 'GET /ping')],
  ])('by %s → nothing of what follows is parsed', async (_what, head) => {
    const { port, log } = await startListener({
      handle: () => Promise.resolve({ status: 404, body: '{}' }),
    });
    const client = await RawClient.connect(port);
    client.send(head);
    await vi.waitFor(() => {
      expect(client.received).toMatch(/^HTTP\/1.1 /);
    });
    // The parser would report the first of these, and answer it.
    client.send('no chunk at all\r\n');
    await client.closed;
    expect(client.received.match(/HTTP\/1.1/g)).toHaveLength(1);
    expect(log.lines()).toEqual([]);
  });
});

describe('requests that are sent before the first is answered', () => {
  it('of a stranger → served one after the other, and all of them', async () => {
    let atOnce = 0;
    let most = 0;
    const { port, calls } = await startListener({
      handle: async (call) => {
        await call.readBody(5_000);
        atOnce += 1;
        most = Math.max(most, atOnce);
        await new Promise((resolve) => setImmediate(resolve));
        atOnce -= 1;
        return ok({});
      },
    });
    const client = await RawClient.connect(port);
    client.send(post('/', 'x'.repeat(2_000)).repeat(20));
    await vi.waitFor(() => {
      expect(client.received.match(/HTTP\/1.1 200/g)).toHaveLength(20);
    });
    expect(calls).toHaveLength(20);
    // One more may begin in the piece that the first one ends in.
    expect(most).toBeLessThanOrEqual(2);
  });
});

describe('lines in the log about strangers', () => {
  it('are written one by one up to a hundred, and then counted', async () => {
    const { port, log } = await startListener();
    for (let round = 0; round < 120; round += 1) {
      const client = await RawClient.connect(port);
      client.send('no HTTP\r\n\r\n');
      await vi.waitFor(() => {
        expect(client.received).toMatch(/^HTTP\/1.1 400/);
      });
    }
    const notParsed = (): number =>
      log.lines().filter(({ msg }) => msg === 'a request could not be parsed').length;
    expect(notParsed()).toBe(100);
  });
});
